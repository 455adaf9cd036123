import { expect, test } from 'vitest'
import { checksumAnnotation } from '../../../../scripts/change/restart/checksums.ts'
import { tierNames } from '../../../../scripts/model/names.ts'
import { nameLimit } from '../../../../scripts/model/rules/names.ts'

/** A name of a label or an annotation. Source: Kubernetes, apimachinery, `IsQualifiedName`. */
const qualifiedName = /^tiered-secrets\/(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/

test.each([
  ['backend-secrets', 'tiered-secrets/checksum-backend-secrets'],
  [`${'t'.repeat(37)}-optional-secrets`, `tiered-secrets/checksum-${'t'.repeat(37)}-optional-secrets`],
  [`${'t'.repeat(38)}-optional-secrets`, `tiered-secrets/checksum-${'t'.repeat(38)}-option-840a1a18`],
])('the annotation for %s is %s, and stays so', (name, annotation) => {
  expect(checksumAnnotation({ name })).toBe(annotation)
})

test('every target that the catalogue allows has one of its own that Kubernetes takes', () => {
  const tiers = Array.from({ length: nameLimit }, (_, index) => [
    `${'a'.repeat(index)}b`,
    `${'a-'.repeat(index)}b`.slice(-index - 1),
  ]).flat()
  const targets = [...new Set(tiers)]
    .flatMap((tier) => [tierNames('shop', tier).required, tierNames('shop', tier).optional])
    .filter((name) => name.length <= nameLimit)
  const annotations = targets.map((name) => checksumAnnotation({ name }))
  for (const annotation of annotations) expect(annotation).toMatch(qualifiedName)
  expect(targets.length).toBeGreaterThan(150)
  expect(new Set(annotations).size).toBe(targets.length)
})
