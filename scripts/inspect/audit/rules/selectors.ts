import { isRecord } from '../../../lib/record.ts'
import type { Labels } from '../../../model/types.ts'
import { listAt, textAt, textsAt } from '../../inputs/found-object.ts'

/** Whether labels match a selector of Kubernetes, with all its operators. An empty one matches all. */
export function matcher(selector: unknown): (labels: Labels) => boolean {
  const wanted = Object.entries(textsAt(selector, 'matchLabels'))
  const expressions = listAt(selector, 'matchExpressions')
  return (labels) =>
    wanted.every(([key, value]) => labels[key] === value) && expressions.every((one) => holds(one, labels))
}

/** Whether a selector names any label: an empty one takes all. */
export function isSelective(selector: unknown): boolean {
  return (
    isRecord(selector) &&
    (Object.keys(textsAt(selector, 'matchLabels')).length > 0 || listAt(selector, 'matchExpressions').length > 0)
  )
}

/** `app=api, tier in (a, b)` */
export function selectorText(selector: unknown): string {
  const labels = Object.entries(textsAt(selector, 'matchLabels')).map(([key, value]) => `${key}=${value}`)
  const others = listAt(selector, 'matchExpressions').map((one) => {
    const values = valuesOf(one)
    return `${textAt(one, 'key') ?? ''} ${textAt(one, 'operator') ?? ''}${values.length > 0 ? ` (${values.join(', ')})` : ''}`
  })
  return [...labels, ...others].join(', ')
}

// --- internal ---

function holds(expression: unknown, labels: Labels): boolean {
  const value = labels[textAt(expression, 'key') ?? '']
  const values = valuesOf(expression)
  switch (textAt(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return true
  }
}

function valuesOf(expression: unknown): string[] {
  const { values } = isRecord(expression) ? expression : {}
  return Array.isArray(values) ? values.map(String) : []
}
