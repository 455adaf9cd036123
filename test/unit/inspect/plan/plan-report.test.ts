import { expect, test } from 'vitest'
import type { DeployPlan } from '../../../../scripts/inspect/plan/deployment.ts'
import { planJson, planMarkdown, planTable } from '../../../../scripts/inspect/plan/plan-report.ts'
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
  restarts: [{ workload: hostile, keys: [hostile] }],
  requests: { before: 1, after: 1 },
  quota: undefined,
  problems: [{ code: 'PLAN_REFUSED', where: hostile, message: hostile, fix: hostile }],
}

test('nothing foreign in a plan is hidden, begins a line, or is more than text in JSON', () => {
  const shown = [planTable(plan), planMarkdown(model, plan), planJson(model, plan)]
  expect(shown.map(forgedParts)).toEqual([[], [], []])
  expect(JSON.parse(planJson(model, plan)).objects[0].name).toBe(hostile)
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
