import { isRecord } from '../../../lib/record.ts'
import { type FoundObject, textAt } from '../../inputs/found-object.ts'

/**
 * Whether the target of a patch selects an object: each field of it is a regular expression for the whole text.
 * Source: kustomize, api/types/selector.go.
 */
export function patchMatches(target: unknown, { apiVersion, kind, name, namespace, labels }: FoundObject): boolean {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const fields = { group, version, kind, name, namespace: namespace ?? '' }
  const isSelected = Object.entries(fields).every(([field, text]) => {
    const pattern = textAt(target, field)
    // Its namespace may come from a kustomization.
    return pattern === undefined || (field === 'namespace' && text === '') || isWhole(pattern, text ?? '')
  })
  const selector = textAt(target, 'labelSelector')
  return isSelected && (selector === undefined || carries(labels, selector))
}

/** The images of all containers in an object, without tag and digest. */
export function imagesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(imagesOf)
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([field, inner]) =>
    field === 'image' && typeof inner === 'string' ? [withoutTag(inner)] : imagesOf(inner),
  )
}

// --- internal ---

function isWhole(pattern: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(text)
  } catch {
    // Go has other regular expressions: what can't be judged is not called wrong.
    return true
  }
}

/** Only what is certain: `a=b,c`. */
function carries(labels: Readonly<Record<string, string>>, selector: string): boolean {
  return selector.split(',').every((part) => {
    const [, key = '', value] = /^\s*([\w./-]+)\s*(?:==?\s*([\w.-]+))?\s*$/.exec(part) ?? []
    if (key === '') return true
    return value === undefined ? key in labels : labels[key] === value
  })
}

function withoutTag(image: string): string {
  return image.replace(/@sha256:.*$/, '').replace(/:[^:/]+$/, '')
}
