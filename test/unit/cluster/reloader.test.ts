import { expect, test } from 'vitest'
import { podOutline } from '../../../scripts/cluster/pod-outline.ts'
import type { PodTemplate } from '../../../scripts/cluster/pod-templates.ts'
import { isReloaded, reloaderPatch } from '../../../scripts/cluster/reloader.ts'
import { podTemplate, reading } from '../../helpers/pod-templates.ts'

/** A Deployment that reads the target `api-secrets`. */
const template = (parts: Partial<PodTemplate>): PodTemplate => podTemplate(parts, reading('api-secrets'))
const reloaded = (parts: Partial<PodTemplate>) => isReloaded(template(parts), 'api-secrets')
const prefix = 'reloader.stakater.com'

test('a workload that nobody told of Reloader is not restarted by it; the patch tells it', () => {
  expect(reloaded({})).toBe(false)
  expect(reloaded({ annotations: reloaderPatch.metadata.annotations })).toBe(true)
})

test.each<[string, Readonly<Record<string, string>>]>([
  ['it searches', { [`${prefix}/search`]: 'true' }],
  ['it is automatic', { [`${prefix}/auto`]: 'true' }],
  ['it is automatic, as Go writes it', { [`${prefix}/auto`]: 'T' }],
  ['it is automatic for Secrets', { [`secret.${prefix}/auto`]: '1' }],
  ['it names the target', { [`secret.${prefix}/reload`]: 'other, api-secrets' }],
  ['it names the target by a pattern', { [`secret.${prefix}/reload`]: 'api-.*' }],
])('restarted: %s', (_, annotations) => {
  expect(reloaded({ annotations })).toBe(true)
  // Those of the pods count when the workload has none.
  expect(reloaded({ podAnnotations: annotations })).toBe(true)
  const own = { [`${prefix}/search`]: 'false' }
  expect(reloaded({ annotations: own, podAnnotations: annotations })).toBe(false)
})

test.each<[string, Readonly<Record<string, string>>]>([
  ['a search that is not exactly true', { [`${prefix}/search`]: 'True' }],
  ['automatic off', { [`${prefix}/auto`]: 'false' }],
  ['automatic for ConfigMaps alone', { [`configmap.${prefix}/auto`]: 'true' }],
  ['another Secret by name', { [`secret.${prefix}/reload`]: 'api-secret' }],
  ['a name that is only a part', { [`secret.${prefix}/reload`]: 'secrets' }],
  ['no pattern at all', { [`secret.${prefix}/reload`]: '(' }],
  ['an empty list', { [`secret.${prefix}/reload`]: '' }],
  ['the target excluded', { [`${prefix}/search`]: 'true', [`secrets.exclude.${prefix}/reload`]: 'x, api-secrets' }],
])('not restarted: %s', (_, annotations) => {
  expect(reloaded({ annotations })).toBe(false)
})

test('what searches has to read the target; what names it has not', () => {
  expect(reloaded({ annotations: { [`${prefix}/search`]: 'true' }, outline: podOutline({}) })).toBe(false)
  expect(reloaded({ annotations: { [`${prefix}/auto`]: 'true' }, outline: podOutline({}) })).toBe(false)
  expect(reloaded({ annotations: { [`secret.${prefix}/reload`]: 'api-secrets' }, outline: podOutline({}) })).toBe(true)
})
