-- What the tests' scripts use. A script that fails ends the editor with an error and its message.

local said = {}

function say(text) table.insert(said, tostring(text)) end

-- wait lets the editor work until a condition holds.
function wait(what, condition)
  if not vim.wait(20000, condition, 10) then
    error("still waiting for " .. what .. "; the text is:\n" .. table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
      .. "\n" .. vim.inspect(vim.diagnostic.get(0)))
  end
end

function line(number) return vim.api.nvim_buf_get_lines(0, number - 1, number, false)[1] end

function contains(text)
  return vim.tbl_contains(vim.api.nvim_buf_get_lines(0, 0, -1, false), text)
end

-- at puts the cursor on the first place that matches.
function at(pattern)
  vim.fn.cursor(1, 1)
  if vim.fn.search(pattern, "c") == 0 then error("nothing matches " .. pattern) end
end

function type_over(old, new)
  vim.cmd("%substitute/" .. old .. "/" .. new .. "/")
end

-- errors are the findings of that severity: "LINE: first line of the message".
function errors()
  local found = {}
  for _, d in ipairs(vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })) do
    table.insert(found, (d.lnum + 1) .. ": " .. vim.split(d.message, "\n")[1])
  end
  return found
end

-- ask sends a request about the place of the cursor and returns the answer.
function ask(method)
  local answers, err = vim.lsp.buf_request_sync(0, "textDocument/" .. method, vim.lsp.util.make_position_params(0, "utf-16"), 20000)
  if err then error(err) end
  for _, answer in pairs(answers) do
    if answer.error then error(vim.inspect(answer.error)) end
    return answer.result
  end
  error("nobody answers " .. method)
end

function choose_first()
  vim.ui.select = function(items, _, chosen) chosen(items[1], 1) end
end

-- run does what a script says once the server is there, and ends the editor.
function run(script)
  local ok, err = pcall(function()
    wait("the server", function()
      local clients = vim.lsp.buf_get_clients(0)
      local _, client = next(clients)
      return client ~= nil and client.initialized ~= false
    end)
    script()
  end)
  if not ok then
    io.stderr:write(err .. "\n")
    vim.cmd("cquit")
  end
  vim.fn.writefile(vim.split(table.concat(said, "\n"), "\n"), "said")
  vim.cmd("qall!")
end
