-- wrk sends the lines of a file as bodies, each once, and writes what it saw as JSON.
local lines, at = {}, 0
local headers = { ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN") }
local method, file = "GET", os.getenv("BENCH_BODIES")

function init(args)
  if file then
    method = "POST"
    headers["Content-Type"] = "application/json"
    for line in io.lines(file) do lines[#lines + 1] = line end
  end
end

function request()
  if method == "GET" then return wrk.format(method, nil, headers) end
  at = at + 1
  if at > #lines then wrk.thread:stop() at = #lines end
  return wrk.format(method, nil, headers, lines[at])
end

function done(summary, latency, _)
  local errors = summary.errors
  io.stdout:write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
