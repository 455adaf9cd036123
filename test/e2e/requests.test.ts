import { expect, test } from 'vitest'
import { groupBy } from '../../scripts/lib/group.ts'
import { externalSecretRefs } from '../../scripts/local/stack/stack.ts'
import type { Application } from '../../scripts/model/types.ts'
import { allSingle, oneBundlePerTier, trackdechets } from '../fixtures/applications.ts'
import { refreshAll } from './refresh.ts'
import { startWorld } from './world.ts'

test.each([
  ['102 requests with the layout "single" throughout', allSingle, 102],
  ['48 requests with the committed catalogue', trackdechets, 48],
  ['12 requests with one bundle per tier and need', oneBundlePerTier, 12],
] as const)('a refresh of a whole environment costs %s', async (_title, application: Application, expected) => {
  await using world = await startWorld({ application, environment: 'recette' })
  const { client, emulator, model } = world.stack
  await world.install()
  expect((await world.sync()).every(({ state }) => state === 'synced')).toBe(true)

  // What the stores ask to validate themselves names no secret.
  const counts = () => {
    const named = emulator.requests().entries.filter(({ secretName }) => secretName !== undefined)
    return groupBy(named, ({ principal, secretName }) => `${principal} ${secretName}`)
  }
  const refresh = async () => {
    emulator.resetRequests()
    await refreshAll(client, externalSecretRefs(model))
    return counts()
  }
  // The operator now and then reads an ExternalSecret twice, when its own cache lags behind what it just wrote, so that
  // the number of requests does not tell when it is done: what it has written down of each does. What a remote secret
  // costs is the least it cost in four refreshes.
  const refreshes = [await refresh(), await refresh(), await refresh(), await refresh()]
  const remoteSecrets = new Set(refreshes.flatMap((refresh) => [...refresh.keys()]))
  const least = [...remoteSecrets].map((name) => Math.min(...refreshes.map((one) => one.get(name)?.length ?? 0)))
  expect(least.reduce((sum, count) => sum + count, 0)).toBe(expected)
})
