import { expect, test } from 'vitest'
import { observedOf } from '../../../../scripts/inspect/status/one-tier.ts'
import { sharedFindings } from '../../../../scripts/inspect/status/shared-findings.ts'
import type { RemoteState } from '../../../../scripts/inspect/survey/remote-secrets.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import type { SecretSpec } from '../../../../scripts/model/types.ts'
import { applicationWith } from '../../../helpers/applications.ts'

/** What is told where each entry holds a value, by its digest. `null`: none; `undefined`: it was not read. */
function told(holds: Readonly<Record<string, string | null | undefined>>, origin: Partial<SecretSpec> = {}) {
  const model = resolve(
    applicationWith({
      secrets: [
        { variable: 'KEY', ...origin },
        { variable: 'OTHER', sameAs: 'api.KEY' },
        { variable: 'KEY', tier: 'web', sameAs: 'api.KEY' },
        { variable: 'ALONE', tier: 'web' },
      ],
    }),
    'dev',
  )
  const version = { revision: 1, createdAt: new Date() }
  const folders = model.tiers.map((tier) => ({
    tier,
    uncatalogued: [],
    remotes: tier.remoteSecrets.map((remote): RemoteState => {
      const [spec] = remote.specs
      const digest = spec && holds[`${spec.tier}.${spec.variable}`]
      if (!spec || digest === null) return { remote, elsewhere: [] }
      return { remote, elsewhere: [], version, ...(digest ? { digests: new Map([[spec, digest]]) } : {}) }
    }),
  }))
  return { model, findings: sharedFindings(model, folders) }
}

test('one value everywhere, none anywhere, and what can not be read are not reported', () => {
  for (const digest of ['x', null, undefined])
    expect(told({ 'api.KEY': digest, 'api.OTHER': digest, 'web.KEY': digest }).findings).toEqual([])
  expect(told({ 'api.KEY': 'x', 'api.OTHER': undefined, 'web.KEY': 'x' }).findings).toEqual([])
})

test('different values are an error, with a command for each that may be right', () => {
  const { findings } = told({ 'api.KEY': 'x', 'api.OTHER': 'x', 'web.KEY': 'y' })
  expect(findings).toMatchObject([
    {
      code: 'SHARED_VALUES_DIFFER',
      where: '/shop-api/key, /shop-api/other, /shop-web/key',
      message: 'api.KEY, api.OTHER, web.KEY hold 2 different values. Expected one value in all of them.',
    },
  ])
  expect(findings[0]?.severity).toBe(undefined)
  expect(findings[0]?.fix).toContain('`npm run fill -- --environment dev --only web.KEY --share web.KEY`')
  expect(findings[0]?.fix).toContain('`npm run rotate -- --environment dev api.KEY`')
})

test('a value that is only in a part of the tiers is reported, with what completes it', () => {
  const { findings } = told({ 'api.KEY': null, 'api.OTHER': null, 'web.KEY': 'y' })
  expect(findings).toMatchObject([
    { message: 'web.KEY holds a value, and api.KEY, api.OTHER hold none. Expected one value in all of them.' },
  ])
  expect(findings[0]?.fix).toMatch(/: `npm run fill -- --environment dev --only web.KEY --share web.KEY`$/)
})

test('of what is irreplaceable the command says that one of the values is lost', () => {
  const { findings } = told({ 'api.KEY': 'x', 'api.OTHER': 'y', 'web.KEY': 'x' }, { irreplaceable: 'rows' })
  expect(findings[0]?.fix).toContain('--share api.OTHER --replace-irreplaceable api.KEY`')
  const partial = told({ 'api.KEY': 'x', 'api.OTHER': null, 'web.KEY': 'x' }, { irreplaceable: 'rows' })
  expect(partial.findings[0]?.fix).not.toContain('--replace-irreplaceable')
})

test('a look at one tier tells of values that it shares with others, and of no others', () => {
  const { model, findings } = told({ 'api.KEY': 'x', 'api.OTHER': 'x', 'web.KEY': 'y' })
  for (const tier of model.tiers) {
    const { shared } = observedOf(tier, { folders: [], tiers: [], drift: { drifted: [] }, shared: findings })
    expect(shared).toEqual(findings)
  }
  const other = observedOf(
    { name: 'other', namespace: 'other' },
    { folders: [], tiers: [], drift: { drifted: [] }, shared: findings },
  )
  expect(other.shared).toEqual([])
})
