import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rotateKey } from '../../scripts/change/key-rotation/rotate-key.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { bookshop } from '../fixtures/applications.ts'
import { type Asked, askedBy } from '../helpers/asked.ts'
import { sides } from '../helpers/disturbance.ts'
import { faults } from '../helpers/faults.ts'
import { textsBelow } from '../helpers/folders.ts'
import { type Cut, cutRun } from '../helpers/killed-run.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { everyWrite } from '../helpers/selection.ts'
import { expectSentence } from '../helpers/sentences.ts'
import { share } from '../helpers/share.ts'
import { type CredentialsWorld, startCredentialsWorld } from './credentials-world.ts'
import { type Disturbed, disturbedTier, expectGoesOn, killedRotation, leftBehind } from './interrupted-key-rotation.ts'

let here: CredentialsWorld
let folder: string
/** One tier a worker: rotations of different tiers don't meet. */
let tiers: readonly Disturbed[]
/** What a rotation asks to which nothing happens. */
const asked = new Map<Disturbed, Asked>()
const askedOf = (tier: Disturbed, ...args: Parameters<Asked['count']>) => asked.get(tier)?.count(...args) ?? 0
/** Everything that was written where somebody may read it. */
let traces = ''
const trace = (text: string) => {
  traces += `${text}\n`
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotation-'))
  here = await startCredentialsWorld('preview')
  await here.world.install()
  await here.world.sync()
  tiers = await Promise.all(['mailer', 'orders', 'storefront'].map((name) => disturbedTier(here, name, folder)))
  // From the second rotation on there is a key to delete first.
  for (const { context } of tiers) await rotateKey(context)
  for (const tier of tiers) asked.set(tier, await askedBy(tier, () => rotateKey(tier.context)))
}, 120_000)

afterAll(async () => {
  for (const tier of tiers ?? []) await tier[Symbol.asyncDispose]()
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** What was left behind so far, in whichever tier. */
const states = new LeftStates()
/** A cut for every state that a write leaves, by that state; in another tier the same write may be another one. */
const cuts = new Map<string, { readonly cut: Cut; readonly disturbed: Disturbed }>()

test('a rotation writes and reads what the interruptions below are counted by', () => {
  // A key deleted, one made, one that expires; the lease twice, the Secret three times, and each ExternalSecret of the tier twice.
  // Fewer would mean that the gates were gone around.
  expect(tiers.map((tier) => sides.map((side) => askedOf(tier, side, everyWrite)))).toEqual([
    [3, 5 + 2],
    [3, 5 + 2],
    [3, 5 + 4],
  ])
  const reads = sides.flatMap((side) => asked.get(tiers[0] as Disturbed)?.kindsOfReads(side) ?? [])
  expect(reads.map((kind) => kind.replace(/^GET (?:.*(?:v1alpha1|nl-ams)\/)?/, '')).sort()).toEqual([
    'api-keys',
    'applications',
    'externalsecrets',
    'externalsecrets/*',
    'leases/*',
    'namespaces/*',
    'secrets',
    'secrets/*',
    'secrets/*/versions/*',
    'secrets/*/versions/*/access',
    'secretstores/*',
  ])
})

test('a rotation cut off before and after any write continues or starts again, and the key in use works at every moment', {
  timeout: 900_000,
}, async () => {
  const jobs = sides.flatMap((side) => (['before', 'after'] as const).map((when) => ({ side, when })))
  let rounds = 0
  await share(jobs, tiers, async ({ side, when }, disturbed) => {
    const many = askedOf(disturbed, side, everyWrite)
    for (let at = 1; at <= many; at++) {
      const what = `${disturbed.tier.name}, cut off ${when} write ${at} to the ${side}`
      const cut = { side, at, when, only: everyWrite() }
      const { isCut } = await cutRun(disturbed, cut, (signal) =>
        rotateKey({ ...disturbed.context, signal, holder: `test ${Math.random()}`, log: trace }),
      )
      expect([what, isCut]).toEqual([what, true])
      if (when === 'after') cuts.set(JSON.stringify(await leftBehind(here, disturbed)), { cut, disturbed })
      await expectGoesOn(here, disturbed, states, what)
      rounds++
    }
  })
  expect(states.rounds).toBe(rounds)
  // Over; the key before deleted; another made; written; the key before retired.
  expect(states.size).toBeGreaterThanOrEqual(5)
  expect(cuts.size).toBeGreaterThanOrEqual(5)
})

test('a command line that is killed leaves what one does that is cut off in the same place', {
  timeout: 300_000,
}, async () => {
  const inTier = async (tier: Disturbed) => {
    for (const [left, { cut, disturbed }] of cuts) {
      if (disturbed !== tier) continue
      const what = `${disturbed.tier.name}, killed ${cut.when} write ${cut.at} to the ${cut.side}`
      const { killed, output } = await killedRotation(here, disturbed, cut)
      trace(output)
      expect([what, killed, JSON.stringify(await leftBehind(here, disturbed))]).toEqual([what, true, left])
      await expectGoesOn(here, disturbed, states, what)
    }
  }
  await Promise.all(tiers.map(inTier))
  const [disturbed] = tiers as [Disturbed]
  const { killed, output } = await killedRotation(here, disturbed, { side: 'cluster', at: 1000, when: 'after' })
  trace(output)
  expect(killed).toBe(false)
  await expectGoesOn(here, disturbed, states, 'a command line that is not killed')
})

test('refused anywhere, or disturbed at any write otherwise, it says what is wrong, and continues the next time', {
  timeout: 900_000,
}, async () => {
  const seen: Record<string, number> = {}
  const before = states.rounds
  let rounds = 0
  await share(faults, tiers, async ([name, { met, ...fault }], disturbed) => {
    const many = askedOf(disturbed, fault.side, met)
    for (let at = 1; at <= many; at++) {
      const what = `${disturbed.tier.name}, ${name} at request ${at}`
      const hit = disturbed.disturb({ ...fault, at, only: met() })
      const context = name === 'no answer' ? disturbed.hasty : disturbed.context
      const error = await rotateKey({ ...context, log: trace }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      disturbed.calm()
      expect([what, hit()]).toEqual([what, expect.anything()])
      if (error !== undefined) {
        trace(String(error))
        seen[name] = (seen[name] ?? 0) + 1
        expectSentence(error, what)
      }
      await expectGoesOn(here, disturbed, states, what)
      rounds++
    }
  })
  expect(states.rounds - before).toBe(rounds)
  // What a cluster did is read again, so that a lost answer of it ends nothing.
  const telling = faults.map(([name]) => name).filter((name) => name !== 'an answer of the cluster that is lost')
  expect(Object.keys(seen).sort()).toEqual(telling.sort())
})

test('no key and no value is in any output, log, event, file or argument', async () => {
  const { controlPlane, keys, model } = here.world.stack
  const secrets = new Set(tiers.flatMap((tier) => [...tier.secrets]))
  for (const { accessKey, secretKey } of keys.values()) secrets.add(accessKey).add(secretKey)
  for (const spec of bookshop.catalogue.secrets) {
    const value = here.world.valueFor(spec)
    if (value.length > 7) secrets.add(value)
  }
  const events = await here.client.list<KubernetesObject>(kinds.event)
  const externalSecrets = await here.client.list<KubernetesObject>(kinds.externalSecret)
  const leases = await here.client.list<KubernetesObject>(kinds.lease)
  const operatorLog = await readFile(join(controlPlane.folder, 'external-secrets.log'), 'utf8')
  const places = {
    'output and arguments': traces,
    'log of the operator': operatorLog,
    'objects of the cluster': JSON.stringify([events, externalSecrets, leases]),
    files: await textsBelow(folder),
  }
  expect(secrets.size).toBeGreaterThan(60)
  expect(operatorLog.length).toBeGreaterThan(1000)
  expect(model.tiers).toHaveLength(tiers.length)
  for (const [place, text] of Object.entries(places)) {
    // Not the secret itself in the message of a failing test.
    expect([place, [...secrets].filter((secret) => text.includes(secret)).length]).toEqual([place, 0])
  }
})
