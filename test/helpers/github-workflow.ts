import { data, Evaluator, Lexer, Parser } from '@actions/expressions'
import type { FunctionDefinition } from '@actions/expressions/funcs/info'
import { parse } from 'yaml'

export interface Step {
  name?: string
  uses?: string
  run?: string
  if?: string
  env?: Record<string, string>
  with?: Record<string, unknown>
  'working-directory'?: string
  'continue-on-error'?: boolean
}

export interface Job {
  needs?: string | string[]
  if?: string
  permissions?: Record<string, string>
  strategy?: { matrix: { environment: string[] }; 'max-parallel'?: number; 'fail-fast'?: boolean }
  environment?: string | { name: string; deployment?: boolean }
  concurrency?: { group: string; 'cancel-in-progress': boolean }
  env?: Record<string, string>
  steps: Step[]
}

export interface Workflow {
  on: Record<string, { branches?: string[] } | null>
  permissions?: Record<string, string>
  env?: Record<string, string>
  concurrency?: object
  jobs: Record<string, Job>
}

/** What an expression may read: `github`, `matrix`, `env`, …, as GitHub has them. */
export type Contexts = Readonly<Record<string, unknown>>

/** How the run, or the job, has gone so far. */
export interface Status {
  readonly failed?: boolean
  readonly cancelled?: boolean
}

export function readWorkflow(text: string): Workflow {
  return parse(text) as Workflow
}

/** What GitHub makes of an expression, by GitHub's own library. */
export function evaluated(expression: string, contexts: Contexts, status: Status = {}): data.ExpressionData {
  const { tokens } = new Lexer(expression).lex()
  const functions = statusFunctions(status)
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse()
  const known = new Map(functions.map((one) => [one.name.toLowerCase(), one]))
  return new Evaluator(parsed, dataOf(contexts) as data.Dictionary, known).evaluate()
}

/** A text with `${{ … }}` in it, as a step gets it. */
export function interpolated(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluated(expression.trim(), contexts).coerceString(),
  )
}

/** Whether a job or a step with this `if` runs: what names no status asks for success too. */
export function isRun(condition: string | undefined, contexts: Contexts, status: Status = {}): boolean {
  const bare = (condition ?? 'success()').replace(/^\$\{\{(.*)\}\}$/s, '$1').trim()
  const whole = /\b(success|failure|always|cancelled)\(/.test(bare) ? bare : `success() && (${bare})`
  const value = evaluated(whole, contexts, status)
  return value.kind === data.Kind.Boolean ? (value as data.BooleanData).value : value.coerceString() !== ''
}

/** Names of the jobs that an event starts, when all that they need goes well. */
export function jobsOf(workflow: Workflow, github: Readonly<Record<string, unknown>>): string[] {
  if (!(String(github.event_name) in workflow.on)) return []
  const results: Record<string, { result: string }> = {}
  for (const [name, job] of Object.entries(workflow.jobs)) {
    const needs = Object.fromEntries([job.needs ?? []].flat().map((one) => [one, results[one]]))
    const isWhole = Object.values(needs).every((need) => need?.result === 'success')
    const isStarted = isRun(job.if, { github, needs }, { failed: !isWhole })
    results[name] = { result: isStarted ? 'success' : 'skipped' }
  }
  return Object.keys(results).filter((name) => results[name]?.result === 'success')
}

const repository = 'team/shop'

/** The events that matter, as the context `github` has them. */
export const events = {
  push: { event_name: 'push', ref: 'refs/heads/main', repository, event: {} },
  pushElsewhere: { event_name: 'push', ref: 'refs/heads/other', repository, event: {} },
  pullRequest: pullRequestFrom(repository),
  fork: pullRequestFrom('somebody/shop'),
}

// --- internal ---

function pullRequestFrom(from: string) {
  const event = { pull_request: { number: 7, head: { repo: { full_name: from } } } }
  return { event_name: 'pull_request', ref: 'refs/pull/7/merge', repository, event }
}

function statusFunctions({ failed = false, cancelled = false }: Status): FunctionDefinition[] {
  const one = (name: string, value: boolean): FunctionDefinition => {
    return { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) }
  }
  return [
    one('success', !failed && !cancelled),
    one('failure', failed && !cancelled),
    one('cancelled', cancelled),
    one('always', true),
  ]
}

function dataOf(value: unknown): data.ExpressionData {
  if (typeof value === 'string') return new data.StringData(value)
  if (typeof value === 'number') return new data.NumberData(value)
  if (typeof value === 'boolean') return new data.BooleanData(value)
  if (Array.isArray(value)) return new data.Array(...value.map(dataOf))
  if (typeof value !== 'object' || value === null) return new data.Null()
  return new data.Dictionary(...Object.entries(value).map(([key, one]) => ({ key, value: dataOf(one) })))
}
