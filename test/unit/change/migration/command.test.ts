import { beforeAll, describe, expect, test } from 'vitest'
import type { RunResult } from '../../../../scripts/lib/exec.ts'
import { committedEnvironments } from '../../../helpers/committed.ts'
import { runCliMany } from '../../../helpers/hosted-cli.ts'
import { adoptBookshop, userFolder } from '../../../helpers/repository.ts'

const cases = [
  [[], 'npm run migrate: confirmation needs a terminal. Expected a terminal, --yes or --dry-run.'],
  [['--rollback', '--yes', '--leave', 'X'], "--leave: can't be used with --rollback. Expected one of them."],
  [['--rollback', '--yes', '--replace'], "--replace: can't be used with --rollback. Expected one of them."],
  [['--rollback', '--output', 'yaml'], '--output yaml: prints patches, which --rollback does not have.'],
  [
    ['--yes', '--backup', 'no-such-folder/x.json'],
    `--backup ${process.cwd()}/no-such-folder/x.json: there is no folder ${process.cwd()}/no-such-folder.`,
  ],
  [['--yes', '--timeout', 'soon'], '--timeout soon: is not a duration.'],
  [['--yes', '--assign', 'X'], '--assign: has no key.'],
  [['--output', 'xml'], "npm run migrate: option '--output <form>' argument 'xml' is invalid."],
] as const

const [environment = ''] = committedEnvironments
let results: RunResult[]
beforeAll(async () => {
  results = await runCliMany(cases.map(([args]) => ['migrate', '--environment', environment, ...args]))
}, 60_000)

describe('npm run migrate', () => {
  test.each(cases.map(([args, message], index) => [args.join(' '), message, index] as const))(
    'with "%s" is wrong usage, reported before anything is read',
    (_, message, index) => {
      const { exitCode, stdout, stderr } = results[index] ?? {}
      expect(stderr).toContain(message)
      expect([exitCode, stdout]).toEqual([2, ''])
    },
  )

  test('of an application without an old Secret says what to add, and reads nothing', async () => {
    const repository = await userFolder()
    await adoptBookshop(repository)
    const env = { SCW_API_URL: 'http://127.0.0.1:1', KUBECONFIG: '/dev/null' }
    const { exitCode, stdout, stderr } = await repository.cli(['migrate', '--environment', 'preview', '--dry-run'], env)
    expect(stderr).toMatch(
      /^environment "preview": has no old Secret in scripts\/catalogue\.ts\. .*\n {2}fix: Add `legacy: \{.*\n {2}\(LEGACY_UNKNOWN\)$/,
    )
    expect([exitCode, stdout]).toEqual([3, ''])
  })
})
