import { isRecord } from '../../../lib/record.ts'

/**
 * The spec of some pods as somebody wrote it, with only such fields as have the type that Kubernetes gives them: a list that is
 * a text is left out, and a number that is meant as a text becomes one. Pure.
 */
export function tidyPods<T extends object>(spec: unknown): T {
  return (isRecord(spec) ? tidyFields(spec) : {}) as T
}

// --- internal ---

const lists = new Set([
  ...['initContainers', 'containers', 'ephemeralContainers', 'volumes', 'imagePullSecrets', 'envFrom', 'env'],
  ...['volumeMounts', 'ports', 'items', 'sources'],
])
const records = new Set([
  ...['secretRef', 'configMapRef', 'valueFrom', 'secretKeyRef', 'configMapKeyRef', 'secret', 'projected', 'azureFile'],
  ...['csi', 'nodePublishSecretRef', 'cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'],
])
const texts = new Set([
  ...['name', 'value', 'key', 'prefix', 'mountPath', 'subPath', 'subPathExpr', 'secretName', 'path', 'protocol'],
  ...['restartPolicy', 'serviceAccountName'],
])

function tidyFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      const tidy = tidyField(name, value)
      return tidy === undefined ? [] : [[name, tidy]]
    }),
  )
}

function tidyField(name: string, value: unknown): unknown {
  if (value === null || value === undefined) return undefined
  if (lists.has(name)) return Array.isArray(value) ? value.filter(isRecord).map(tidyFields) : undefined
  if (texts.has(name)) return typeof value === 'object' ? undefined : String(value)
  if (records.has(name)) return isRecord(value) ? tidyFields(value) : undefined
  if (Array.isArray(value)) return value.filter((one) => typeof one !== 'object')
  return isRecord(value) ? tidyFields(value) : value
}
