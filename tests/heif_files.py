"""HEIF files for tests: HEVC streams of x265, and items around them and around AVIF.

The streams hold `make_photograph(16, 24)` as tiles of 64 x 64 pixels, as heif-enc writes it:
8 bits with an even alpha of 200, and 10 bits.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from restorer.formats.heif.items import Item, Items, Property, pack_items, read_items

PRIMARY = 0  # in references of items that are added: the picture
EIGHT_BITS = (
    b"0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<00090ZDn*}000000000XXk=`10000000000aA{+70000000000000"
    b"00000004sdC7Z2$lO00062000<iWMOmw000007yu9e000007yu9e003ZVY;R)$0000)KmY^)0RR9100003ApijY0"
    b"000000IaA0ssL3000000003100000000O80{{R300005DF6Wg00000001Na1ONd50000000031000O8000O8003f"
    b"XX>Mi!000001ONa46=`l}WdZ;I0RRC20BCk&F#rGn02OI&W@Q2Z00002003ulX=DHZ000$fZf0cy000310{{SMc4"
    b"ILB0000LX>Mj^0ssI200aO4XL4y|00001vT1N~Z~y=Sg=uhOZvX%QcW8EFLjeQ`000000000003PrF{Qvm)000jI"
    b"AOHaX7eE0F0ssF52mk;B0G>Di00RI39=ZZRApijYDnbDP1PA~C0|1^l0009303MJ85FoPMRnuJD2nZMu000935C8"
    b"xJ01$v800969L;=Bb7%&)+0000KX>)L8000000000$0000$0000KX>)L8000000000O0000G0000GaA|mH000000"
    b"|*ER0001SXm(>m0R#vD00000000009`FGC{P_3)01pEo0096OKmiN^|NjIC00093pZEX(0{{RXx&lBU0096dLID8"
    b";2mk;B0H62(00RI39>9VG7F(*iYnuW900RI5000930uUkq0RRR>0l{;@i2wiq6lrsCWdHyG00000KmY&$KmY&$6l"
    b"rsCWdHyG000007ytkO5C8xG4sdCBX#fBK009U9001Xpb$CMn0001Wa&9_paAjvYXk~U|Ix;XZH9BE+cxhxhF#rGn"
    b"03~T~ZD9Za0000000aO50)YYm0s;es00RPr1^@&D2Z)IP001^=a%E-!00000000hTX>Df!0ssL30RR914rFO<X8;"
    b"5M0RRI4000hQb$Dz51ONd50ssI4G;L&IbN~PX1SkQo1~Lh}j74y<L>Nvn)-1B(zr;2t-7~?3_s8U|seOo+2^4dkt"
    b"n}*Tgvv!kCu<73C8uPWa_oaTF=Bu6K3Gxhg4N-z{~kJg|L+4Vh$YN7H|gJV9|Q&_S_pg+Poa@A8gZvk6B;sXMz<}"
    b"Ed4n7dNo!uarcN&#{2%}0Mb^h-PFO>+mT|Pk<#@)Z!^T2!6BOa?y;Zc+QCc9aayLgm7I|2%PI6-_jVb@}NS$9OZs"
    b"_}KcH<bU)`aK93oi>*;zSzx_s`FwErPBTBGoT3#<|BC-EWyz;1<9C73D>i+h!{sLU&}9!(5vTVk~VA7<|9&-4rwq"
    b"H~%KDnu_}cuyd5^Xo16JAd|kY$S3tw>?u&{${x|}M&Tmx(!&S^jMAO#4XAQOF{N}uK+b2=XqB6M8fNH6LQR{Uz=y"
    b"nI6D`G4%L7-cSTg7=`#SG4*M$W6+ni@zbrNO{6xZ0LgTZZazK(SU-)gJ`!*OW4YO4HoI8g8K8ZJlwu(~q)`dU1rT"
    b"Yd)l>sT5M*bu$z(*WQ9YHbB)IMoE2ynR7}#A%lSo9u~~MW%N??#^03EYbR*9WXmvtu#5OEs7%U_<UA03+n-CNTsI"
    b"CWG;{`kCYEUPNS-zg1OA*Zf@wzQR`44xPoZJBzz`KJg4f?N+sA}M^v@k?5)WXYcQ&VYybcNASeN@3}hstK(x~>{#"
    b"W-?hTWih?Y;Iggi)dgKrc{8*8"
)
TEN_BITS = (
    b"0000SW^{RQXk}?*00000ZE0pPXk}?*ZE0a<00055ZDn*}000000000XXk=`10000000000aA{+70000000000000"
    b"00000004sdC7Z2$lO00062000naWMOmw000007yu9e001~?Y;R)$0000)KmY;&0RR9100001(f|Pf0000000F1~0"
    b"ssL3000000003100000000O8001~?X>Mi!000000ssI26=`l}WdZ;I0RRC20BCk&F#rGn02OI&W@Q2Z00002003u"
    b"lX=DHZ007x(aB^?}006gXaAR)(004Jrc4I>U1PA~C000000000U@BsY(`uYF>4+9_o0RR_30Sp2E{{#pC00RJ=H~"
    b";_x0017k0ze@E0RSpO0RaRE00093oHzgg0{{RXkOUAQn=RE{HO;_)fq?)30{{U400RI42qFLh00=|@!E+ce7?1z}"
    b"02FC+aAg1h0000006+i$06+i$02FC+aAg1h0000002lxO01yBG01$9#cxeCt0009D3JL%K02*m<ZD9Za0000000I"
    b"C30)YYm0s;es0000QX>w&|000000000EWNB?@00IC3009610kCakVRQfh0i-AauLd#+r47N5I)-|}^zX*s)$?;cy"
    b"ieCBsfw60MG`YYc<Lz(;Hcb}m{W^AVWgK;sDbL`67|L21P8%>3oyqD^_M+={>n1CUSqup;(;fH&Lbx=`s7QY%=>&"
    b"g?A23S!xII`_%_(GYw7@u&b#hyotqeD_%dPt{*`U@mwebINBOK{&;YsT6+8V+49Z8WKtSb%uZT(6nRW`1&M8@p21"
    b"UX8LCV(u^A!~gS|_{AV$v&@ea`e|L6Lf4c^V2$&z(85_>ODpGwbzJ^xFhNb!Crm>)-r>C}ZrpEjxcW<wkc#>X$Oh"
    b"0yx2G{R$<8zxn^OyP#K&+Qw?J@Xh`WUV!|%xpH)#{ecZos9!qct+x@0^7F4{&D)hI2V{M^$?v!PXYot2`eU9;zMe"
    b"5xTsX<VKEMm2zKDUn5+~|^@;;V^<2NF!r<*XoBtZ@t|Jkr|mK)zi-+kV;PEj2i6_*ePDo0LuG|a{jfYz=aspReCY"
    b"{6kuSWLSv9n3&7y?}1|UUkG16;JeZ(=~Ix75)%N8|Yc+b&1JwB&>f2&)@"
)


def heic(bits: int = 8, **more: Any) -> bytes:
    """Return a HEIC file of 16 x 24 pixels; of 8 bits with alpha."""
    return extended(base64.b85decode(EIGHT_BITS if bits == 8 else TEN_BITS), **more)


def avif(pixels: Any, bits: int = 8, **more: Any) -> bytes:
    """Return a lossless AVIF file of uint8 or, of more bits, uint16."""
    import imagecodecs

    return extended(
        imagecodecs.avif_encode(pixels, level=100, speed=10, bitspersample=bits), **more
    )


def extended(
    data: bytes,
    *,
    properties: Iterable[Property] = (),
    items: Iterable[tuple[Item, bytes]] = (),
    without: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """Return a file with more in it.

    Args:
        data: The file.
        properties: More properties of the picture.
        items: More items, with their data; references to `PRIMARY` are those to the picture.
        without: A kind of properties that the picture loses.
        behind: Boxes or other data at the end.
    """
    properties, items = tuple(properties), tuple(items)
    if not (properties or items or without):
        return data + behind
    file = io.BytesIO(data)
    found = read_items(file)
    by_id = dict(found.by_id)
    contents = {number: found.data(file, number) for number in by_id}
    picture = by_id[found.primary]
    kept = tuple(each for each in picture.properties if each.kind != without)
    by_id[found.primary] = replace(picture, properties=(*kept, *properties))
    for item, content in items:
        references = {
            kind: tuple(found.primary if target == PRIMARY else target for target in targets)
            for kind, targets in item.references.items()
        }
        number = max(by_id) + 1
        by_id[number], contents[number] = replace(item, references=references), content
    return pack_items(Items(found.primary, by_id, found.brands), contents) + behind


def aperture(left: int, top: int, width: int, height: int, size: tuple[int, int]) -> Property:
    """Return the clean aperture of a rectangle in a picture of a size (height, width)."""
    numbers = [width, 1, height, 1, 2 * left + width - size[1], 2, 2 * top + height - size[0], 2]
    return Property(b"clap", b"".join(n.to_bytes(4, "big", signed=True) for n in numbers), True)
