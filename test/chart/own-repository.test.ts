import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { run, tryRun } from '../../scripts/lib/exec.ts'
import { helms } from '../helpers/chart.ts'
import { compiledCli } from '../helpers/cli.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

/** A repository that `init` has begun, which holds nothing of ours but files. */
let folder: string
beforeAll(async () => {
  folder = await sharedFolder()
  const names = ['--application', 'shop', '--tiers', 'web', 'jobs', '--environments', 'live']
  await run(process.execPath, [compiledCli, 'init', ...names], { cwd: folder })
  // ct asks git for the root of the repository.
  await run('git', ['init', '--quiet'], { cwd: folder })
})

describe.each(helms)('plain %s', (_, helm) => {
  const chart = ['charts/tiered-secrets', '--kube-version', '1.34.0', '--values']
  const template = (values: string) => tryRun(helm, ['template', 'shop-secrets', ...chart, values], { cwd: folder })

  test('renders and lints the chart there', async () => {
    const { stdout, exitCode } = await template('values/live.yaml')
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/kind: ExternalSecret[\s\S]*namespace: "?shop-jobs/)])
    const lint = await tryRun(helm, ['lint', '--strict', ...chart, 'values/live.yaml'], { cwd: folder })
    expect(lint.exitCode).toBe(0)
  })

  test('refuses a name that the catalogue lacks, and says how it is added', async () => {
    const text = await readFile(join(folder, 'values/live.yaml'), 'utf8')
    await writeFile(join(folder, 'other.yaml'), text.replace('EXAMPLE_SECRET', 'OTHER_SECRET'))
    const { stderr, exitCode } = await template('other.yaml')
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining("'OTHER_SECRET' not allowed")])
    await writeFile(join(folder, 'other.yaml'), text.replaceAll('shop-jobs', 'shop-web'))
    const shared = await template('other.yaml')
    expect([shared.exitCode, shared.stderr]).toEqual([1, expect.stringContaining('tiers')])
  })
})

test('ct lints it with the values of each environment, by its own ct.yaml', async () => {
  const { stdout, stderr, exitCode } = await tryRun(process.execPath, [compiledCli, 'lint:chart'], { cwd: folder })
  expect([exitCode, stderr, stdout]).toEqual([
    0,
    expect.any(String),
    expect.stringContaining('All charts linted successfully'),
  ])
  expect(stdout).toContain('ci/live-values.yaml')
})
