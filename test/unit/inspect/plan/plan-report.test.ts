import { expect, test } from 'vitest'
import type { DeployPlan } from '../../../../scripts/inspect/plan/deployment.ts'
import { type ObjectChange, refusedByServer } from '../../../../scripts/inspect/plan/plan-objects.ts'
import {
  objectsTable,
  planDocument,
  planMarkdown,
  planSummary,
  planTable,
} from '../../../../scripts/inspect/plan/plan-report.ts'
import { jsonDocument, painted, unstyled } from '../../../../scripts/lib/printable.ts'
import { textWidth } from '../../../../scripts/lib/text-width.ts'
import { type ChartKind, chartKinds } from '../../../../scripts/model/chart-objects.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { trackdechets } from '../../../fixtures/applications.ts'
import { forgedParts, forgery } from '../../../helpers/hostile-text.ts'

const model = resolve(trackdechets, 'recette')
const hostile = `${forgery} \`\`\` [a](https://evil.example) \`<img>\``

const plan: DeployPlan = {
  changes: [
    {
      kind: 'Role',
      namespace: 'trackdechets-backend',
      name: hostile,
      action: 'change',
      fields: [{ path: hostile, before: undefined, after: hostile }],
    },
  ],
  missing: [
    {
      remoteSecret: hostile,
      variables: [hostile],
      owners: [hostile],
      optional: false,
      isNowhere: false,
      code: 'REMOTE_ELSEWHERE',
      message: hostile,
      fix: hostile,
    },
  ],
  restarts: [{ workload: hostile, isCatalogued: false, keys: [hostile] }],
  requests: { before: 1, after: 1 },
  quota: undefined,
  next: hostile,
  problems: [{ code: 'PLAN_REFUSED', where: hostile, message: hostile, fix: hostile }],
}

test('nothing foreign in a plan is hidden, begins a line, or is more than text in JSON', () => {
  const shown = [
    painted(planTable(plan), false),
    painted(planTable(plan, 80), false),
    planMarkdown(model, plan),
    jsonDocument(planDocument(model, plan)),
  ]
  expect(shown.map(forgedParts)).toEqual([[], [], [], []])
  expect(JSON.parse(jsonDocument(planDocument(model, plan))).objects[0].name).toBe(hostile)
})

test('in Markdown all of it is code, in cells it does not end', () => {
  const text = planMarkdown(model, plan)
  const [, block = '', ...rows] = /\n(`{4,}\n[\s\S]*?\n`{4,})\n([\s\S]*)/.exec(text) ?? []
  expect(block).toContain('PLAN_REFUSED')
  const withoutCode = rows.join('').replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, '')
  expect(withoutCode).not.toMatch(/FORGED|evil|[<[@]/)
  const cells = (line: string) => line.split(/(?<!\\)\|/).length
  const lines = text.split('\n').filter((line) => line.startsWith('|'))
  expect(lines.filter((line) => ![cells('| a | b |'), 5, 7].includes(cells(line)))).toEqual([])
})

const role = (name: string, parts: Partial<ObjectChange>): ObjectChange => {
  return { kind: 'Role', namespace: 'shop-api', name, action: 'none', fields: [], ...parts }
}

test('the summary counts what the API server refuses', () => {
  const changes = [
    role('a', { action: 'add' }),
    role('b', { action: 'change', unasked: refusedByServer }),
    role('c', {}),
  ]
  expect(planSummary({ changes: changes.slice(2) })).toBe('0 to add, 0 to change, 0 to remove, 1 unchanged')
  expect(planSummary({ changes })).toBe(
    '1 to add, 1 to change, 0 to remove, 1 unchanged; the API server refuses 1 of them',
  )
  const shown = unstyled(objectsTable({ changes }))
  expect(shown).toMatch(/^change {2}Role\/shop-api\/b {2}the API server refuses it$/m)
  expect(shown).not.toContain('nothing')
})

test('on a narrow terminal each field is whole, in a line of its own', () => {
  const changes = [
    role('viewer', { action: 'change', fields: [{ path: 'spec.refreshInterval', before: '1h', after: '2h' }] }),
  ]
  expect(unstyled(objectsTable({ changes }, 40)).split('\n').slice(2)).toEqual([
    'CHANGE  OBJECT',
    '    FIELDS',
    'change  Role/shop-api/viewer',
    '    spec.refreshInterval: "1h" → "2h"',
    '',
  ])
})

test('a plan of the largest application has at 80 columns a line a row, with its whole name', () => {
  const objects = Object.values<ChartKind>(chartKinds).flatMap(({ kind, objects }) =>
    objects(model).map((object) => ({ kind, ...object })),
  )
  const changes = objects.map((object) => ({ ...object, action: 'change', fields: [] }) as const)
  const missing = model.tiers.flatMap(({ remotePath, remoteSecrets }) =>
    remoteSecrets.map(({ name }) => ({
      ...{ remoteSecret: `${remotePath}/${name}`, variables: [], owners: ['Trackdéchets'], optional: true },
      ...{ isNowhere: true, code: 'REMOTE_ABSENT', message: '', fix: '' },
    })),
  )
  const restarts = model.tiers.flatMap(({ namespace, workloads }) =>
    Object.entries(workloads).map(([name, { kind }]) => ({
      workload: `${kind}/${namespace}/${name}`,
      isCatalogued: true,
      keys: [],
    })),
  )
  const shown = unstyled(planTable({ ...plan, changes, missing, restarts, next: undefined }, 80)).split('\n')
  expect(Math.max(...shown.map(textWidth))).toBeLessThanOrEqual(80)
  const names = shown.map((line) => line.split(/ +/))
  for (const { kind, namespace, name } of objects)
    expect(names).toContainEqual(['change', [kind, namespace, name].filter(Boolean).join('/')])
})
