import { expect, test } from 'vitest'
import { slowestText } from '../../helpers/slowest-files.ts'

test('the slowest files are reported, the slowest first, and no more than asked for', () => {
  const files = [
    { name: 'unit test/unit/a.test.ts', seconds: 0.25 },
    { name: 'e2e test/e2e/b.test.ts', seconds: 1234.56 },
    { name: 'unit test/unit/c.test.ts', seconds: 3 },
  ]
  expect(slowestText(files, 2)).toBe(
    '\nThe slowest files:\n  1234.6 s  e2e test/e2e/b.test.ts\n     3.0 s  unit test/unit/c.test.ts\n',
  )
})
