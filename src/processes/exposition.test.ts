import { expect, test } from 'vitest'
import { exposition } from './exposition.ts'

// Parts of the example in https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md, in its order.
const published = `# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027
http_requests_total{method="post",code="400"} 3
# HELP http_request_duration_seconds A histogram of the request duration.
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="0.1"} 33444
http_request_duration_seconds_bucket{le="0.2"} 100392
http_request_duration_seconds_bucket{le="0.5"} 129389
http_request_duration_seconds_bucket{le="1"} 133988
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
`

test('the published example comes out as it is published', () => {
  const counts = [24054, 33444 - 24054, 100392 - 33444, 129389 - 100392, 133988 - 129389, 144320 - 133988]
  const text = exposition([
    {
      name: 'http_requests_total',
      help: 'The total number of HTTP requests.',
      type: 'counter',
      samples: [
        { value: 1027, labels: { method: 'post', code: '200' } },
        { value: 3, labels: { method: 'post', code: '400' } },
      ],
    },
    {
      name: 'http_request_duration_seconds',
      help: 'A histogram of the request duration.',
      type: 'histogram',
      buckets: [{ labels: {}, bounds: [0.05, 0.1, 0.2, 0.5, 1], counts, sum: 53423 }],
    },
  ])
  expect(text).toBe(published)
})

test('what a label may not hold as it is comes out escaped, as the same page shows', () => {
  const labels = { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' }
  const text = exposition([{ name: 'm', help: 'a\\b\nc', type: 'gauge', samples: [{ value: 1.5, labels }] }])
  const [help, , line] = text.split('\n')
  expect(help).toBe('# HELP m a\\\\b\\nc')
  expect(line).toBe('m{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.5')
})
