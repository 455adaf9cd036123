import { describe, expect, test } from 'vitest'
import { kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { resolve, specsOf } from '../../scripts/model/resolve.ts'
import { keyOf } from '../../scripts/model/specs.ts'
import { bookshop, gallery } from '../fixtures/applications.ts'
import { startWorld } from './world.ts'

describe('another application, described by its own two data files', () => {
  test.each(Object.keys(bookshop.environments))('arrives whole in %s', async (environment) => {
    const values = { 'storefront LOYALTY_PARTNER_KEY': 'clé "quoted" {{ x }} $2a <&> 🔐 long enough' }
    await using world = await startWorld({ application: bookshop, environment, values })
    await world.install()
    const unsynced = (await world.sync()).filter(({ state }) => state !== 'synced')
    expect(unsynced).toEqual([])
    for (const tier of resolve(bookshop, environment).tiers) {
      for (const { name, singles, bundles } of tier.externalSecrets) {
        const specs = [...singles.map(({ spec }) => spec), ...bundles.flatMap((bundle) => bundle.specs)]
        const expected = Object.fromEntries(specs.map((spec) => [spec.variable, world.digest(world.valueFor(spec))]))
        expect(await world.digests(tier.namespace, name)).toEqual(expected)
      }
    }
  })

  test.each(Object.keys(gallery.environments))(
    'arrives with its types and keys in %s of the gallery',
    async (environment) => {
      await using world = await startWorld({ application: gallery, environment })
      await world.install()
      expect((await world.sync()).filter(({ state }) => state !== 'synced')).toEqual([])
      const seen: string[] = []
      for (const { namespace, externalSecrets } of resolve(gallery, environment).tiers) {
        for (const target of externalSecrets) {
          const { name } = target
          const expected = specsOf(target).map((spec): [string, string] => [
            keyOf(spec),
            world.digest(world.valueFor(spec)),
          ])
          expect(await world.digests(namespace, name)).toEqual(Object.fromEntries(expected))
          const secret = await world.stack.client.get<SecretObject>(kinds.secret, { namespace, name })
          seen.push(
            `${name} ${secret?.type} ${Object.keys(secret?.data ?? {})
              .sort()
              .join(' ')}`,
          )
        }
      }
      expect(seen).toEqual([
        'depot-secrets Opaque DEPOT_DB loan-key.pem',
        'depot-optional-secrets Opaque label.hint',
        'depot-lender kubernetes.io/basic-auth password username',
        ...(environment === 'open' ? ['depot-mirror kubernetes.io/ssh-auth ssh-privatekey'] : []),
        'depot-scan Opaque SCANNER_USER bucket-name scanner.token',
        'depot-scan-optional Opaque RETOUCH_TOKEN retouch.user',
        'hall-secrets Opaque TICKET_SEAL',
        'hall-registry kubernetes.io/dockerconfigjson .dockerconfigjson',
        'hall-tls kubernetes.io/tls tls.crt tls.key',
      ])
    },
  )

  test('arrives without its optional bundle when that is missing', async () => {
    const without = ({ name }: { readonly name: string }) => name === 'loyalty.programme'
    await using world = await startWorld({ application: bookshop, environment: 'preview', without })
    await world.install()
    expect((await world.sync()).map(({ state }) => state)).not.toContain('failed')
    expect(await world.digests('bookshop-storefront', 'storefront-optional-secrets')).toEqual({})
  })
})
