import { createHash } from 'node:crypto'
import { comparePlaces } from '../../lib/problems.ts'
import type { FoundObject } from '../inputs/found-object.ts'
import { type AuditCode, auditCodes, type Severity } from './audit-codes.ts'

export type { Severity }

/** Something in manifests, code or cluster that does not fit. It never holds a value. */
export interface Finding {
  readonly code: AuditCode
  readonly severity: Severity
  /** Relative to the folder in which the command was typed. */
  readonly file: string
  /** From 1. */
  readonly line: number
  /** What it is about: `Deployment/shop-api/api`, or the file itself. */
  readonly object: string
  /** What in the object: a variable, a field. Empty for the whole of it. */
  readonly key: string
  /** What is true now, without a final period. */
  readonly fact: string
  /** Completes "Expected …", without a final period. */
  readonly expected: string
  readonly fix: string
}

/** What a rule says of an object. */
export interface Said {
  readonly key?: string
  readonly fact: string
  readonly expected: string
  readonly fix: string
  /** Default: as in the list of codes */
  readonly severity?: Severity
}

/** A finding about an object of a manifest. */
export function about(object: FoundObject, code: AuditCode, said: Said): Finding {
  return at(placeOf(object.where), nameOf(object), code, said)
}

/** A finding about a line of a file. */
export function at(place: Place, object: string, code: AuditCode, { key = '', severity, ...said }: Said): Finding {
  return { code, severity: severity ?? auditCodes[code].severity, ...place, object, key, ...said }
}

export interface Place {
  readonly file: string
  readonly line: number
}

/** `k8s/api.yaml:12` */
export function placeOf(where: string): Place {
  const [, file = where, line = '1'] = /^(.*):(\d+)$/s.exec(where) ?? []
  return { file, line: Math.max(1, Number(line)) }
}

/** `Deployment/shop-api/api` */
export function nameOf({ kind, namespace, name }: Pick<FoundObject, 'kind' | 'namespace' | 'name'>): string {
  return namespace === undefined ? `${kind}/${name}` : `${kind}/${namespace}/${name}`
}

/** The same finding in another run, wherever its line has moved to. It is made of names alone. */
export function fingerprint({ code, object, key }: Pick<Finding, 'code' | 'object' | 'key'>): string {
  return createHash('sha256')
    .update(JSON.stringify([code, object, key]))
    .digest('hex')
    .slice(0, 32)
}

/** Errors before warnings before notes, then by place; each once. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding) => ['error', 'warning', 'note'].indexOf(severity)
  const where = ({ file, line }: Finding) => `${file}:${line}`
  const sorted = [...findings].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      comparePlaces(where(a), where(b)) ||
      comparePlaces(`${a.code} ${a.object} ${a.key}`, `${b.code} ${b.object} ${b.key}`),
  )
  const seen = new Set<string>()
  return sorted.filter((finding) => {
    const id = fingerprint(finding)
    return !seen.has(id) && seen.add(id)
  })
}
