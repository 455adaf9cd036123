import { expect, test } from 'vitest'
import { certificateEnds, certificateFindings } from '../../../../scripts/inspect/status/certificate-findings.ts'
import type { TierState } from '../../../../scripts/inspect/survey/cluster-survey.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { gallery } from '../../../fixtures/applications.ts'

const model = resolve(gallery, 'open')
const now = new Date('2026-11-29T12:00:00Z')
const inDays = (days: number) => new Date(now.getTime() + days * 24 * 60 * 60 * 1000)

function tiersWith(end: Date | undefined): TierState[] {
  return model.tiers.map((tier) => ({
    tier,
    store: { state: 'ready', message: '', differences: [] },
    leftovers: [],
    readers: 'unreadable',
    reports: tier.externalSecrets.map(({ name }) => ({
      ref: { namespace: tier.namespace, name },
      state: 'synced',
      message: '',
      // The private key is not a certificate, whatever a target says of it.
      ...(name === 'hall-tls' && end
        ? {
            certificates: new Map([
              ['tls.crt', end],
              ['tls.key', end],
            ]),
          }
        : {}),
    })),
  }))
}

test.each([
  [31, []],
  [30, ['CERTIFICATE_EXPIRING']],
  [0.1, ['CERTIFICATE_EXPIRING']],
  [0, ['CERTIFICATE_EXPIRED']],
  [-400, ['CERTIFICATE_EXPIRED']],
] as [number, string[]][])('a certificate that ends in %s days', (days, codes) => {
  const tiers = tiersWith(inDays(days))
  expect(certificateFindings(model, tiers, now).map(({ code }) => code)).toEqual(codes)
  expect([...certificateEnds(tiers)].map(([{ variable }, end]) => [variable, end])).toEqual([
    ['TLS_CERTIFICATE', inDays(days)],
  ])
})

test('it is reported with its day, and replaced together with its key', () => {
  expect(certificateFindings(model, tiersWith(inDays(7)), now)).toMatchObject([
    {
      severity: 'warning',
      where: '/gallery-hall/certificate (TLS_CERTIFICATE)',
      message: 'is valid until 2026-12-06. Expected a certificate that is valid for more than 30 days.',
      fix: expect.stringMatching(
        /^Give it the next one: `npm run fill -- --environment open --tier hall --replace --only TLS_CERTIFICATE TLS_KEY /,
      ),
    },
  ])
})

test('nothing is said where no target is known', () => {
  expect(certificateFindings(model, tiersWith(undefined), now)).toEqual([])
})
