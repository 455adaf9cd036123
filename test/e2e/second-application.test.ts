import { describe, expect, test } from 'vitest'
import { externalSecrets, resolve } from '../../scripts/model/resolve.ts'
import { bookshop } from '../fixtures/applications.ts'
import { startWorld } from './world.ts'

describe('another application, described by its own two data files', () => {
  test.each(Object.keys(bookshop.environments))('arrives whole in %s', async (environment) => {
    const values = { 'storefront LOYALTY_PARTNER_KEY': 'clé "quoted" {{ x }} $2a <&> 🔐 long enough' }
    await using world = await startWorld({ application: bookshop, environment, values })
    await world.install()
    const unsynced = (await world.sync()).filter(({ state }) => state !== 'synced')
    expect(unsynced).toEqual([])
    for (const tier of resolve(bookshop, environment).tiers) {
      for (const { name, singles, bundles } of externalSecrets(tier)) {
        const specs = [...singles.map(({ spec }) => spec), ...bundles.flatMap((bundle) => bundle.specs)]
        const expected = Object.fromEntries(specs.map((spec) => [spec.variable, world.digest(world.valueFor(spec))]))
        expect(await world.digests(tier.namespace, name)).toEqual(expected)
      }
    }
  })

  test('arrives without its optional bundle when that is missing', async () => {
    const without = ({ name }: { readonly name: string }) => name === 'loyalty.programme'
    await using world = await startWorld({ application: bookshop, environment: 'preview', without })
    await world.install()
    expect((await world.sync()).map(({ state }) => state)).not.toContain('failed')
    expect(await world.digests('bookshop-storefront', 'storefront-optional-secrets')).toEqual({})
  })
})
