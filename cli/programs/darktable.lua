--[[ Restore the selected pictures with restorer, from the lighttable of darktable (4.0 or newer).

Each picture is exported with its edits as a TIFF file of 16 bits, restored, and imported beside the
original, in its group. Originals are never changed. `restore integrate darktable` installs this.
]]

local dt = require "darktable"

local M = {}

M.command = { "restore" } -- how restorer is called; set at installation

local windows = package.config:sub(1, 1) == "\\"

-- Of each action: name, label, words of the command, end of the file name, tool tip.
M.actions = {
  { "restore", "restore", {}, "restored", "repair what the selected pictures need" },
  { "enlarge", "restore, enlarge twice", { "--scale", "2" }, "2x", "repair and enlarge" },
  { "window", "restore in window", { "--window" }, "restored", "choose what is done; Save takes the result" },
}

--- Return a word for the shell.
function M.quoted(word)
  if windows then
    return '"' .. word:gsub('"', "") .. '"' -- no file name of Windows has quotes
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

--- Return the line that runs restorer with some words.
function M.line(words)
  local quoted = {}
  for _, list in ipairs({ M.command, words }) do
    for _, word in ipairs(list) do
      table.insert(quoted, M.quoted(word))
    end
  end
  local line = table.concat(quoted, " ")
  return windows and '"' .. line .. '"' or line -- cmd.exe removes the outer quotes
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end

--- Return a path that is free: photo-restored.tif, photo-restored-2.tif and so on.
function M.free_path(folder, name, ending)
  local separator = windows and "\\" or "/"
  local start = folder .. separator .. name:gsub("%.[^.]*$", "") .. "-" .. ending
  local path, number = start .. ".tif", 2
  while exists(path) do
    path, number = start .. "-" .. number .. ".tif", number + 1
  end
  return path
end

local function copied_marks(from, to)
  to.rating = from.rating
  for _, color in ipairs({ "red", "yellow", "green", "blue", "purple" }) do
    to[color] = from[color]
  end
  for _, tag in ipairs(dt.tags.get_tags(from)) do
    if not tag.name:match("^darktable|") then
      dt.tags.attach(tag, to)
    end
  end
end

--- Restore one picture; return the imported result, or nothing and the reason.
function M.restore(image, words, ending)
  -- Made beside the target, so that moving the result there is one step.
  local target = M.free_path(image.path, image.filename, ending)
  local made = target:gsub("%.tif$", "") .. ".part.tif"
  local format = dt.new_format("tiff")
  format.bpp = 16
  format:write_image(image, made, false)
  if not exists(made) then
    return nil, image.filename .. ": cannot be exported"
  end
  local all = { "edit", "--quiet" }
  for _, word in ipairs(words) do
    table.insert(all, word)
  end
  table.insert(all, made)
  local code = dt.control.execute(M.line(all))
  if code ~= 0 then
    os.remove(made)
    code = code > 255 and code // 256 or code -- on Unix, darktable gives the status of the process
    return nil, image.filename .. ": not restored, exit code " .. code
  end
  local moved, reason = os.rename(made, target)
  if not moved then
    return nil, reason
  end
  local result = dt.database.import(target)
  copied_marks(image, result)
  result:group_with(image.group_leader)
  return result
end

--- Restore pictures one after another, under a bar that can be cancelled.
function M.restore_all(images, words, ending)
  local stopped = false
  local job = dt.gui.create_job("restoring", true, function(self)
    stopped = true
    self.valid = false
  end)
  local done = 0
  for number, image in ipairs(images) do
    if stopped then
      break
    end
    local result, reason = M.restore(image, words, ending)
    if result then
      done = done + 1
    else
      dt.print_error(reason)
      dt.print(reason)
    end
    if job.valid then
      job.percent = number / #images
    end
  end
  if job.valid then
    job.valid = false
  end
  if done == #images then
    dt.print(done == 1 and "restored 1 picture" or "restored " .. done .. " pictures")
  end
  return done
end

if dt.gui then
  for _, action in ipairs(M.actions) do
    local name, label, words, ending, tip = table.unpack(action)
    dt.gui.libs.image.register_action("restorer_" .. name, label, function(_, images)
      M.restore_all(images, words, ending)
    end, tip)
    dt.register_event("restorer_" .. name, "shortcut", function()
      M.restore_all(dt.gui.selection(), words, ending)
    end, label)
  end
end

return M
