import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { isRecord } from '../../lib/record.ts'
import { checkObject, type Fields, type FieldsOf, flag, oneOf, optional, text, wrong } from '../fields.ts'
import type { Engine } from './delivery.ts'
import type { ArgoCdSpec, FluxSpec, HelmfileSpec } from './spec.ts'

/** Each field of `delivery` exists, has the right type, and belongs to its engine. */
export function checkDelivery(where: string, delivery: unknown): Problem[] {
  const engines = Object.keys(engineFields)
  const { engine } = isRecord(delivery) ? delivery : {}
  const fields = Object.entries(engineFields).find(([name]) => name === engine)?.[1]
  if (fields) return checkObject(where, delivery, fields)
  const known = `one of: ${engines.join(', ')}`
  if (engine === undefined) return [wrong(where, 'has no engine', known)]
  const shown = typeof engine === 'string' ? engine : typeof engine
  return [wrong(where, `has the engine "${shown}".${didYouMean(shown, engines)}`, known)]
}

// --- internal ---

const fromGit = { repository: text, revision: optional(text), path: optional(text), namespace: optional(text) }
const engine = <Name extends Engine>(name: Name) => ({ engine: oneOf(name) })

const argocd = {
  ...engine('argocd'),
  ...fromGit,
  destination: optional(text),
  sync: optional(oneOf('automatic', 'manual')),
  applicationSet: optional(flag),
} satisfies FieldsOf<ArgoCdSpec>

const flux = { ...engine('flux'), ...fromGit, credentials: optional(text) } satisfies FieldsOf<FluxSpec>

const helmfile = engine('helmfile') satisfies FieldsOf<HelmfileSpec>

const engineFields: Readonly<Record<Engine, Fields>> = { argocd, flux, helmfile }
