import { expect, test } from 'vitest'
import { largeApplication, largeApplicationFiles, largeTiers } from '../../../scripts/bench/large-application.ts'
import { defineCatalogue, defineEnvironments } from '../../../scripts/model/define.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Application } from '../../../scripts/model/types.ts'

/** What the two texts define: they are an import or two, then one call. */
function application(secrets: number): Application {
  const files = largeApplicationFiles(secrets)
  const call = (path: string) =>
    files[path]?.slice(files[path].indexOf('export default')).replace('export default', 'return')
  const environments = new Function('defineEnvironments', call('scripts/environments.ts') ?? '')(defineEnvironments)
  const catalogue = new Function('defineCatalogue', 'environments', call('scripts/catalogue.ts') ?? '')
  return { environments, catalogue: catalogue(defineCatalogue, environments) }
}

test.each([1_000, 10_000])('the application of %d secrets passes the rules', (secrets) => {
  const large = application(secrets)
  expect(checkApplication(large)).toEqual([])
  expect(large).toEqual(largeApplication(secrets))
  expect(large.catalogue.secrets).toHaveLength(secrets)
  expect(Object.keys(large.environments)).toHaveLength(3)
  expect(Object.keys(large.catalogue.tiers)).toHaveLength(largeTiers)
  expect(large.catalogue.secrets.every(({ layout }) => layout !== 'bundle')).toBe(true)
})

test('the same with as many environments as are named passes them too', () => {
  const names = Array.from({ length: 50 }, (_, index) => `environment-${index}`)
  const large = largeApplication(200, names)
  expect(checkApplication(large)).toEqual([])
  expect(Object.keys(large.environments)).toEqual(names)
})
