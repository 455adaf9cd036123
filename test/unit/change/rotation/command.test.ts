import { beforeAll, expect, test } from 'vitest'
import type { RunResult } from '../../../../scripts/lib/exec.ts'
import { runCliMany } from '../../../helpers/hosted-cli.ts'

const cases = [
  [['--generate'], 'npm run rotate: confirmation needs a terminal. Expected a terminal, --yes or --dry-run.'],
  [['--finish', '--abort', '--yes'], "--finish: can't be used with --abort. Expected one of them."],
  [['--abort', '--generate', '--yes'], '--abort: takes neither a new value nor a probe.'],
  [['--finish', '--from', 'x.env', '--yes'], '--finish: takes neither a new value nor a probe.'],
  [['--finish', '--probe', 'true', '--yes'], '--finish: takes neither a new value nor a probe.'],
  [['--generate', '--timeout', 'soon', '--yes'], '--timeout soon: is not a duration.'],
] as const

let results: RunResult[]
beforeAll(async () => {
  // No such environment: nothing of it is checked.
  results = await runCliMany(cases.map(([args]) => ['rotate', '--environment', 'nowhere', 'api.TOKEN', ...args]))
}, 60_000)

test.each(cases.map(([args, message], index) => [args.join(' '), message, index] as const))(
  'npm run rotate with "%s" is wrong usage, reported before anything is read',
  (_, message, index) => {
    const { exitCode, stdout, stderr } = results[index] ?? {}
    expect(stderr).toContain(message)
    expect(stderr).toContain('(WRONG_USAGE)')
    expect([exitCode, stdout]).toEqual([2, ''])
  },
)
