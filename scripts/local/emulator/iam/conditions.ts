import { Environment, type ParseResult } from '@marcbachmann/cel-js'

/** What a condition can read. An absent variable makes the comparison that reads it fail, and so denies. */
export interface Facts {
  readonly resource: ResourceFacts | undefined
  readonly request: RequestFacts
}

export interface ResourceFacts {
  readonly id?: string
  /** Path + "/" + name: `/folder/name`. */
  readonly name: string
  /** The region. */
  readonly locality: string
}

export interface RequestFacts {
  readonly ip: string | undefined
  readonly time: Date
  readonly userAgent: string
}

/** Undefined when the syntax is right, else what is wrong. Only syntax is checked on save, as at Scaleway. */
export function conditionProblem(text: string): string | undefined {
  const parsed = parse(text)
  return typeof parsed === 'string' ? parsed : undefined
}

/** A condition that fails, or gives anything but true, denies. `has(resource.id)` is false without a resource. */
export function conditionHolds(text: string, { resource, request }: Facts): boolean {
  const parsed = parse(text)
  if (typeof parsed === 'string') return false
  const { ip, time, userAgent } = request
  try {
    return (
      parsed({
        resource: resource ?? {},
        request: { time, user_agent: userAgent, ...(ip === undefined ? {} : { ip }) },
      }) === true
    )
  } catch {
    return false
  }
}

// --- internal ---

const language = new Environment({ homogeneousAggregateLiterals: false })
  .registerVariable('resource', 'map')
  .registerVariable('request', 'map')

/** Parsing costs a hundred times an evaluation, and there are few conditions. */
const parsedBefore = new Map<string, ParseResult | string>()

function parse(text: string): ParseResult | string {
  const known = parsedBefore.get(text)
  if (known !== undefined) return known
  const parsed = parseAnew(text)
  if (parsedBefore.size >= 1000) parsedBefore.clear()
  parsedBefore.set(text, parsed)
  return parsed
}

function parseAnew(text: string): ParseResult | string {
  try {
    return language.parse(text)
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n')[0] ?? 'invalid CEL') : 'invalid CEL'
  }
}
