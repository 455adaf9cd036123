import { expect, test } from 'vitest'
import { readerText } from '../../../../scripts/change/restart/reading-workloads.ts'
import type { Preparation } from '../../../../scripts/change/rotation/prepare.ts'
import type { Phase, RotationState } from '../../../../scripts/change/rotation/rotation-state.ts'
import {
  finishSteps,
  returnSteps,
  rotationSteps,
  type StepOptions,
} from '../../../../scripts/change/rotation/rotation-steps.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { findUnit, remotesIn } from '../../../../scripts/model/rotation-unit.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const unitWith = (overlap?: string) => {
  const fields = overlap === undefined ? {} : { overlap }
  return findUnit(resolve(applicationWith({ secrets: [{ format: 'random-secret', ...fields }] }), 'dev'), 'TOKEN')
}
const unit = unitWith()
const [remote] = remotesIn(unit)
if (!remote) throw new Error('no remote secret')

const state = (phase: Phase, since = new Date()): RotationState => ({
  version: 1,
  id: 'x',
  name: unit.name,
  phase,
  begunAt: since.toISOString(),
  since: since.toISOString(),
  variables: ['TOKEN'],
  remotes: [{ name: 'token', id: 'x', earlier: [1, 2], added: 3 }],
})

const of = (kind: string, name: string, isCatalogued = true) => {
  return { tier: unit.tiers[0], kind, name, isCatalogued, label: readerText({ kind, name, isCatalogued }) }
}
const consumers: Preparation['consumers'] = [
  { ...of('Deployment', 'server'), action: 'restart', reason: '' },
  {
    ...of('CronJob', 'worker'),
    action: 'none',
    reason: 'the next run reads the current values',
  },
]
const versions = [1, 2].map((revision) => ({ revision, status: 'enabled' }))
const found = { id: 'x', type: 'opaque', isEphemeral: false, isLocked: false, versions, versionCount: 2 }
const work = [{ tier: unit.tiers[0], remote, found, payload: 'hunter2', disable: [], delete: [] }]
const nothing: Preparation = {
  seen: undefined,
  kind: 'begin',
  work: [],
  specs: [],
  generated: [],
  consumers,
  problems: [],
}
const options: StepOptions = { restart: true, probe: true, overlap: true, timeout: '5m' }

const add = 'add a version to /shop-api/token, with TOKEN generated'
const deliver = 'have api-secrets refreshed, and compare it with the new version'
const restart = 'restart Deployment/server, and wait up to 5m until they are ready'
const leave = 'do not restart CronJob/worker: the next run reads the current values'
const probe = 'run the probe, and go back to the old version if it fails'
const disable = 'disable versions 1, 2 of /shop-api/token'

test('a rotation is reported from the first step to the last, without a value', () => {
  const begin = { ...nothing, work, generated: remote.specs }
  expect(rotationSteps(unit, begin, options)).toEqual([add, deliver, restart, leave, probe, disable])
  expect(rotationSteps(unit, { ...begin, generated: [] }, options)[0]).toBe('add a version to /shop-api/token')
  expect(rotationSteps(unit, begin, { ...options, restart: false, probe: false })).toEqual([
    add,
    deliver,
    'do not restart the workloads',
    disable,
  ])
})

test.each<[Phase, readonly string[]]>([
  ['adding', [deliver, restart, leave, probe, disable]],
  ['added', [deliver, restart, leave, probe, disable]],
  ['delivered', [restart, leave, probe, disable]],
  ['restarted', [probe, disable]],
  ['proved', [disable]],
])('one that stands at %s continues from there', (phase, steps) => {
  expect(rotationSteps(unit, { ...nothing, kind: 'go-on', seen: state(phase) }, options)).toEqual(steps)
})

test('an overlap keeps the old version until it is over', () => {
  const kept = unitWith('2h')
  const since = new Date('2100-01-01T00:00:00Z')
  const proved = { ...nothing, kind: 'go-on' as const, seen: state('proved', since) }
  expect(rotationSteps(kept, proved, options)).toEqual([
    'keep versions 1, 2 of /shop-api/token enabled until 2100-01-01T02:00:00.000Z; the same command again disables it then',
  ])
  expect(rotationSteps(kept, proved, { ...options, overlap: false })).toEqual([disable])
  const over = { ...proved, seen: state('proved', new Date('2020-01-01T00:00:00Z')) }
  expect(rotationSteps(kept, over, options)).toEqual([disable])
})

test('another rotation deletes first what the last one disabled; the same one again does nothing', () => {
  const again = { ...nothing, work, seen: state('disabled') }
  expect(rotationSteps(unit, again, options)[0]).toBe(
    'delete versions 1, 2 of /shop-api/token, which the last rotation disabled',
  )
  expect(finishSteps(unit, state('disabled'))).toEqual(rotationSteps(unit, again, options).slice(0, 1))
  expect(rotationSteps(unit, { ...again, kind: 'same' }, options)).toEqual([])
})

test('a return is reported too, and continues as one', () => {
  const steps = [
    'enable versions 1, 2 of /shop-api/token where it is disabled, then disable version 3',
    'have api-secrets refreshed, and compare it with the old version',
    restart,
    leave,
  ]
  expect(returnSteps(unit, state('proved'), consumers, options)).toEqual(steps)
  expect(rotationSteps(unit, { ...nothing, kind: 'go-on', seen: state('returning') }, options)).toEqual(steps)
})

test('workloads that are left alone for the same reason are reported at once', () => {
  const absent = ['a', 'b', 'c'].map(
    (name) => ({ ...of('Deployment', name), action: 'none', reason: 'not there' }) as const,
  )
  const steps = rotationSteps(unit, { ...nothing, work, consumers: [...absent, ...consumers] }, options)
  expect(steps.filter((step) => step.startsWith('do not restart'))).toEqual([
    'do not restart Deployment/a, Deployment/b, Deployment/c: not there',
    leave,
  ])
})

test('what Reloader restarts is waited for', () => {
  const byReloader: Preparation['consumers'] = [{ ...of('Deployment', 'server'), action: 'reloader', reason: '' }]
  const steps = rotationSteps(unit, { ...nothing, work, consumers: byReloader }, options)
  expect(steps).toContain('wait up to 5m until Reloader has restarted Deployment/server')
})

test('what the catalogue does not name is marked, and what nobody restarts is named', () => {
  const others: Preparation['consumers'] = [
    ...consumers,
    { ...of('Deployment', 'gerico', false), action: 'restart', reason: '' },
    { ...of('Job', 'import'), action: 'end', reason: '' },
    { ...of('Pod', 'debug', false), action: 'stuck', reason: '' },
  ]
  expect(rotationSteps(unit, { ...nothing, work, consumers: others }, options)).toEqual(
    expect.arrayContaining([
      'restart Deployment/server, Deployment/gerico (not catalogued), and wait up to 5m until they are ready',
      'wait up to 5m until the running pods of Job/import have ended',
      'stop as long as nobody has replaced the pods of Pod/debug (not catalogued)',
    ]),
  )
})
