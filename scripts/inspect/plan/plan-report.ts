import { fieldChangeText } from '../../kubernetes/difference.ts'
import { markdownBlock, markdownTable, markdownText } from '../../lib/markdown.ts'
import { document, lines, type Printable, type Style, together, unstyled } from '../../lib/printable.ts'
import { formatProblems } from '../../lib/problems.ts'
import { type Cell, table } from '../../lib/table.ts'
import { engineNames, engineOf } from '../../model/delivery/deploy-step.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { DeployPlan } from './deployment.ts'
import type { MissingSecret } from './missing.ts'
import { type ObjectChange, refusedByServer } from './plan-objects.ts'

/** For a terminal. Problems are not in it: they go to standard error. */
export function planTable(plan: DeployPlan, columns?: number): Printable {
  const parts = sectionsOf(plan).map((section) => together(sectionText(section, columns), lines('')))
  return together(...parts, lines(...figures(plan), ...(plan.next === undefined ? [] : [plan.next])))
}

/** Of a plan only the objects: which a deployment adds, changes and removes. */
export function objectsTable(plan: Pick<DeployPlan, 'changes'>, columns?: number): Printable {
  return sectionText(objectsSection(plan), columns)
}

/** For a pull request. */
export function planMarkdown({ application, environment, delivery }: EnvironmentModel, plan: DeployPlan): Printable {
  const parts = sectionsOf(plan).map(({ title, header, rows, none }) =>
    rows.length === 0
      ? `**${title}**: ${none}`
      : `**${title}**\n\n${markdownTable(
          header,
          rows.map((row) => row.map(markdownText)),
        )}`,
  )
  const problems =
    plan.problems.length === 0 ? [] : [`**Problems**\n\n${markdownBlock(unstyled(formatProblems(plan.problems)))}`]
  const engine = engineOf({ delivery })
  const next =
    engine && plan.next !== undefined
      ? [`${engineNames[engine.engine]} applies it once it is in ${markdownText(engine.revision)}`]
      : []
  const list = [...figures(plan), ...next].map((line) => `- ${line}`)
  const all = [`### ${application}, ${environment}: what a deployment changes`, ...problems, ...parts, list.join('\n')]
  return document(`${all.join('\n\n')}\n`)
}

/** For machines. */
export function planDocument({ application, environment }: EnvironmentModel, plan: DeployPlan): object {
  const { changes, quota, next, ...rest } = plan
  return {
    version: 1,
    application,
    environment,
    objects: objectsJson(changes),
    ...rest,
    quota: quota ?? null,
    next: next ?? null,
  }
}

/** The objects of a plan for machines. */
export function objectsJson(changes: readonly ObjectChange[]): readonly object[] {
  return changes.map(({ fields, ...change }) => ({ ...change, fields: fields.map(fieldChangeText) }))
}

/** `3 to add, 1 to change, 1 to remove, 20 unchanged; the API server refuses 1 of them` */
export function planSummary({ changes }: Pick<DeployPlan, 'changes'>): string {
  const count = (action: ObjectChange['action']) => changes.filter((change) => change.action === action).length
  const refused = changes.filter(({ unasked }) => unasked === refusedByServer).length
  const counts = `${count('add')} to add, ${count('change')} to change, ${count('remove')} to remove, ${count('none')} unchanged`
  return refused === 0 ? counts : `${counts}; the API server refuses ${refused} of them`
}

// --- internal ---

interface Section {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Instead of a table without rows. */
  readonly none: string
}

const words = { add: 'add', change: 'change', remove: 'REMOVE', keep: 'no longer rendered, kept', none: '' } as const

const styles: Readonly<Record<string, Style>> = {
  [words.add]: 'good',
  [words.change]: 'attention',
  [words.remove]: 'bad',
}

function objectsSection(plan: Pick<DeployPlan, 'changes'>): Section {
  return {
    title: `Objects: ${planSummary(plan)}`,
    header: ['CHANGE', 'OBJECT', 'FIELDS'],
    rows: plan.changes
      .filter(({ action, owner }) => action !== 'none' || owner !== undefined)
      .flatMap((change) => {
        const owner = change.owner === undefined ? [] : [`belongs to ${change.owner}`]
        const unasked = change.unasked === undefined || change.fields.length > 0 ? [] : [change.unasked]
        const [first = '', ...more] = [...owner, ...unasked, ...change.fields.map(fieldChangeText)]
        return [[words[change.action], objectText(change), first], ...more.map((field) => ['', '', field])]
      }),
    none: 'nothing changes',
  }
}

function sectionsOf(plan: DeployPlan): Section[] {
  return [
    objectsSection(plan),
    {
      title: 'Remote secrets to create first',
      header: ['REMOTE SECRET', 'NEED', 'OWNER', 'COMMAND'],
      rows: plan.missing
        .filter(({ isNowhere }) => isNowhere)
        .map((one) => [one.remoteSecret, needOf(one), one.owners.join(', '), one.fix]),
      none: 'none',
    },
    {
      title: 'Remote secrets to put right first',
      header: ['REMOTE SECRET', 'NEED', 'OWNER', 'STATE', 'PROBLEM'],
      rows: plan.missing
        .filter(({ isNowhere }) => !isNowhere)
        .map((one) => [one.remoteSecret, needOf(one), one.owners.join(', '), one.code, one.message]),
      none: 'none',
    },
    {
      title: 'Workloads that need a restart',
      header: ['WORKLOAD', 'BECAUSE OF'],
      rows: plan.restarts.map(({ workload, isCatalogued, keys }) => {
        return [isCatalogued ? workload : `${workload} (not catalogued)`, keys.join(', ')]
      }),
      none: 'none',
    },
  ]
}

function sectionText({ title, header, rows, none }: Section, columns: number | undefined): Printable {
  if (rows.length === 0) return lines(`${title}: ${none}`)
  return together(lines(title, ''), table(header, rows.map(withStyle), { columns, below: header.at(-1) ?? '' }))
}

/** The first column of the objects, and no other, has words that are marked. */
function withStyle([first = '', ...more]: readonly string[]): Cell[] {
  const style = styles[first]
  return [style === undefined ? first : { text: first, style }, ...more]
}

function needOf({ optional }: MissingSecret): string {
  return optional ? 'optional' : 'required'
}

function objectText({ kind, namespace, name }: ObjectChange): string {
  return [kind, ...(namespace === undefined ? [] : [namespace]), name].join('/')
}

function figures({ requests, quota }: DeployPlan): string[] {
  const { before, after } = requests
  const whole = (value: number) => Math.round(value).toLocaleString('en')
  const secrets = quota
    ? `${quota.now} now, ${quota.after} with those to create, of ${quota.limit}; those scheduled for deletion count for 7 days`
    : 'not known: this account may not count them'
  return [
    `Scaleway requests per day: ${whole(before)} now, ${whole(after)} afterwards`,
    `Remote secrets of the organization: ${secrets}`,
  ]
}
