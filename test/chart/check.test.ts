import { expect, test } from 'vitest'
import { vendoredSchemas } from '../../scripts/commands/vendor-schemas.ts'
import { findStale } from '../../scripts/generate/stale-files.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import { compiledCli } from '../helpers/cli.ts'
import { root } from '../helpers/generating.ts'
import { toolchainIo } from '../helpers/tools.ts'

test('`npm run check` finds nothing wrong with what is committed', async () => {
  const { stderr, exitCode } = await tryRun(process.execPath, [compiledCli, 'check'], {
    cwd: root,
  })
  expect({ stderr, exitCode }).toEqual({
    stderr: ['catalogue', 'types', 'format and lint', 'generated files', 'chart and manifests']
      .map((step) => `ok      ${step}`)
      .join('\n'),
    exitCode: 0,
  })
})

test('the vendored schemas are those of the pinned operator and Kubernetes', async () => {
  const stale = await findStale(root, await vendoredSchemas(toolchainIo))
  expect(stale.map(({ path }) => path)).toEqual([])
})
