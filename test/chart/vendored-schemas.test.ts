import { expect, test } from 'vitest'
import { vendoredSchemas } from '../../scripts/commands/vendor-schemas.ts'
import { findStale } from '../../scripts/generate/stale-files.ts'
import { productFolder } from '../helpers/generating.ts'
import { toolchainIo } from '../helpers/tools.ts'

test('the vendored schemas are those of the pinned operator and Kubernetes', async () => {
  const stale = await findStale(productFolder, await vendoredSchemas(toolchainIo))
  expect(stale.map(({ path }) => path)).toEqual([])
})
