import { describe, expect, test } from 'vitest'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import environments from '../fixtures/trackdechets/environments.ts'
import { startWorld } from './world.ts'

/** Values that are easily damaged on the way: by a shell, a template, YAML, JSON or an encoding. */
const values = {
  'backend SESSION_SECRET': '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
  'backend API_TOKEN_SECRET': '{{ .Values }} $HOME "quoted" \\back\\slash #hash \' %s & <tag> y on null 1_000',
  'backend QUEUE_MONITOR_TOKEN': 'clé-secrète-日本語-🔐-\u2028-é',
  'backend SIB_APIKEY': 'x'.repeat(60 * 1024),
  'backend GOTENBERG_TOKEN': '{{ x }} $2a "json" \\u0041 日本 🔐 <&>',
  'backend INSEE_PASSWORD': ' leading, trailing and\ttab ',
  'backend DATABASE_URL': 'line one\nline two\n',
}

describe.each(Object.keys(environments))('%s', (environment) => {
  test('delivers all 34 secrets with the right bytes, and nothing else', { timeout: 180_000 }, async () => {
    const application = { catalogue, environments }
    await using world = await startWorld({ application, environment, values })
    await world.install()
    const reports = await world.sync()
    expect(reports.filter(({ state }) => state !== 'synced')).toEqual([])

    const model = resolve(application, environment)
    let delivered = 0
    for (const tier of model.tiers) {
      for (const { name, singles, bundles } of tier.externalSecrets) {
        const specs = [...singles.map(({ spec }) => spec), ...bundles.flatMap((bundle) => bundle.specs)]
        const expected = Object.fromEntries(specs.map((s) => [s.variable, world.digest(world.valueFor(s))]))
        expect(await world.digests(tier.namespace, name)).toEqual(expected)
        delivered += specs.length
      }
      const { items } = await world.stack.client.list(kinds.secret, { namespace: tier.namespace })
      const targets = tier.externalSecrets.map(({ name }) => name)
      expect(items.map(({ metadata }) => metadata.name).sort()).toEqual([...targets, tier.credentialsSecret].sort())
    }
    expect(delivered).toBe(34)
  })
})
