import { expect, test } from 'vitest'
import { allowUnlisted, refuseUnlisted } from '../../../../scripts/change/restart/unlisted.ts'

const tier = { name: 'api', namespace: 'shop-api' }
const server = { kind: 'Deployment', name: 'server', isCatalogued: true }
const gerico = { kind: 'Deployment', name: 'gerico', isCatalogued: false }
const places = [{ tier, restarted: [server, gerico] }]

test('who is asked has seen the names; --yes alone has not', () => {
  expect(allowUnlisted(places, {})).toEqual(['Deployment/gerico (not catalogued)'])
  expect(allowUnlisted(places, { yes: true, dryRun: true })).toEqual(['Deployment/gerico (not catalogued)'])
  expect(allowUnlisted(places, { yes: true, restartUnlisted: true })).toBe('all')
  expect(allowUnlisted([{ tier, restarted: [server] }], { yes: true })).toEqual([])
  expect(() => allowUnlisted(places, { yes: true })).toThrow('Deployment/shop-api/gerico: reads what changes')
})

test('what appears after the question is refused', () => {
  const late = { ...gerico, name: 'late' }
  const allowed = allowUnlisted(places, {})
  expect(refuseUnlisted(tier, [server, gerico], allowed)).toEqual([])
  expect(refuseUnlisted(tier, [server, gerico, late], 'all')).toEqual([])
  expect(refuseUnlisted(tier, [server, gerico, late], allowed)).toMatchObject([
    { code: 'READER_UNLISTED', where: 'Deployment/shop-api/late', fix: expect.stringContaining('--restart-unlisted') },
  ])
})
