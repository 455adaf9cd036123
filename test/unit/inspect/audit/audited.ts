import { audit } from '../../../../scripts/inspect/audit/audit.ts'
import type { CodeRead, DynamicRead } from '../../../../scripts/inspect/audit/code/code-read.ts'
import { type WorldParts, worldOf } from '../../../../scripts/inspect/audit/world/world.ts'
import { parseDocuments } from '../../../../scripts/inspect/inputs/parse-documents.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { type ApplicationParts, applicationWith } from '../../../helpers/applications.ts'

export interface AuditedParts extends Partial<Omit<WorldParts, 'model' | 'objects'>> {
  readonly catalogue?: ApplicationParts
  readonly environment?: string
}

/** What the audit finds in some manifests, each as `code object key`; all in `k8s.yaml`. */
export function audited(manifests: string, parts: AuditedParts = {}): string[] {
  return findingsOf(manifests, parts).map(({ code, object, key }) => `${code} ${object} ${key}`.trimEnd())
}

export function findingsOf(manifests: string, { catalogue, environment = 'dev', ...parts }: AuditedParts = {}) {
  const { objects, refusals } = parseDocuments({ path: 'k8s.yaml', text: manifests })
  if (refusals.length > 0) throw new Error(`the manifests do not parse: ${JSON.stringify(refusals)}`)
  return audit(worldOf({ model: resolve(applicationWith(catalogue), environment), objects, ...parts }))
}

/** A Deployment of the tier `api`, with what its container and its pods have besides. */
export function deployment(name: string, container: string, pods = '', namespace = 'shop-api'): string {
  return `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      ${pods}
      containers:
        - { name: main, image: shop/${name}, ${container} }
`
}

/** What code of a tier reads. */
export function codeOf(
  tier: string | undefined,
  reads: readonly Partial<CodeRead>[],
  dynamic: readonly Partial<DynamicRead>[] = [],
  words: readonly string[] = [],
) {
  const place = { file: 'src/main.ts', line: 3, column: 1 }
  return {
    tier,
    folder: 'src',
    reading: {
      files: 1,
      words: new Set(words),
      refusals: [],
      reads: reads.map((read): CodeRead => ({ ...place, name: 'X', how: 'member', ...read })),
      dynamic: dynamic.map((read): DynamicRead => ({ ...place, expression: 'name', ...read })),
    },
  }
}
