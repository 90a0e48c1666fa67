"""`restore inspect`: plain sentences, JSON and exit codes."""

import json

import numpy as np

import restorer


def test_findings_and_steps_are_said_and_a_bad_file_is_named(restore, tmp_path):
    noise = np.random.default_rng(0).normal(128, 25, (64, 96, 3))
    noisy, flat = tmp_path / "noisy.png", tmp_path / "flat.png"
    restorer.write(restorer.Image(np.clip(noise, 0, 255).astype(np.uint8)), noisy)
    restorer.write(restorer.Image(np.full((64, 96, 3), 90, np.uint8)), flat)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    result = restore("inspect", noisy, bad, tmp_path / "none.png", flat)
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{noisy}: PNG, 96 x 64, 8 bit\n")
    assert "white noise, sigma 2" in result.stdout
    assert "Recommended: --model panet-denoise-lite." in result.stdout
    assert "Recommended: nothing. It is clean." in result.stdout.partition(str(flat))[2]
    assert f"failed: {bad}: " in result.stderr
    assert f"failed: {tmp_path / 'none.png'}: " in result.stderr

    result = restore("inspect", flat, "--json", "--scale", 2)
    assert result.exit_code == 0
    (entry,) = json.loads(result.stdout)
    assert entry["clean"]
    assert entry["treatment"]["steps"] == [{"model": "panet-sr-x2-photo-lite", "strength": 1.0}]
    assert entry["treatment"]["seconds"] > 0
    assert restore("inspect", flat, "--scale", 5).exit_code == 2
