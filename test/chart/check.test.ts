import { expect, test } from 'vitest'
import { tryRun } from '../../scripts/lib/exec.ts'
import { compiledCli } from '../helpers/cli.ts'
import { root } from '../helpers/generating.ts'

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
