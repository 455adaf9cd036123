import { expect, test } from 'vitest'
import type { Application } from '../../../../scripts/model/types.ts'
import { byFlux } from '../../../fixtures/delivered.ts'
import { generatedFiles } from '../../../helpers/generating.ts'

/** The version in the HelmRelease of each environment. */
async function versions(application: Application): Promise<readonly (string | undefined)[]> {
  const files = await generatedFiles(application)
  return ['staging', 'production'].map(
    (environment) => /version: (\S+)/.exec(files.get(`gitops/flux/${environment}/release.yaml`) ?? '')?.[1],
  )
}

test('the version in a HelmRelease changes with what Helm reads for the environment, and with nothing else', async () => {
  const { staging, production } = byFlux.environments
  if (!staging || !production) throw new Error('the fixture has lost an environment')
  const withProduction = (more: object): Application => ({
    ...byFlux,
    environments: { staging, production: { ...production, ...more } as typeof production },
  })
  const before = await versions(byFlux)
  expect(before).toEqual([expect.stringMatching(/^0\.0\.0\+[\da-f]{12}$/), expect.stringMatching(/^0\.0\.0\+/)])
  expect(new Set(before).size).toBe(2)
  expect(await versions(withProduction({ description: 'Other words' }))).toEqual(before)
  const [stagingAfter, productionAfter] = await versions(withProduction({ refreshInterval: '2h' }))
  expect(stagingAfter).toBe(before[0])
  expect(productionAfter).not.toBe(before[1])
})
