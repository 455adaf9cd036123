import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { run } from '../../scripts/lib/exec.ts'
import { toYaml } from '../../scripts/lib/yaml.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { chartOf, find, helms, manifestsOf } from '../helpers/chart.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

const folder = await sharedFolder()

/** A chart that prints each value with the type Helm gave it. */
const echo = join(folder, 'echo')
await mkdir(join(echo, 'templates'), { recursive: true })
await writeFile(join(echo, 'Chart.yaml'), 'apiVersion: v2\nname: echo\nversion: 0.1.0\n')
await writeFile(
  join(echo, 'templates/echo.yaml'),
  '{{ range $i, $v := .Values.texts }}\n---\n{{ dict "kind" (kindOf $v) "text" $v | toJson }}\n{{ end }}\n',
)

/** Made of what numbers, dates, booleans and YAML's own signs are made of. */
const piece = fc.constantFrom(
  ...'0123456789_.:-+eExXoObBnNyYfF~é"\'#,[]{}&*!|>%@`\\\t\n\u2028\u0085= ',
  'on',
  'inf',
  'null',
)
const texts = [
  ...['y', 'n', 'Y', 'N', 'on', 'off', 'yes', 'no', 'true', 'False', 'null', '~', '', '<<', '='],
  ...[
    '1_000',
    '0o7',
    '0O7',
    '0b1',
    '0x1F',
    '0X1F',
    '0_X1',
    '-_5',
    '1e3',
    '1e1_0',
    '2e_-3',
    '3_e__+4_',
    '.inf',
    '12:30',
    '2026-11-24',
    '+1',
  ],
  ...fc.sample(fc.array(piece, { minLength: 1, maxLength: 7 }), 2000).map((pieces) => pieces.join('')),
]
const listed = join(folder, 'texts.yaml')
await writeFile(listed, toYaml({ texts }))

/** An application in which every name that may be one is a word that YAML takes for something else. */
const traps = applicationWith({
  application: '1e3',
  tiers: { on: { description: 'x', workloads: {} }, '1': { description: 'x', workloads: {}, remotePath: '/0x1F' } },
  environments: { no: environment({ namespaces: { on: '1e1', '1': 'null' } }) },
  secrets: [
    { tier: 'on', variable: 'NO', remoteName: '1_000' },
    { tier: 'on', variable: 'null', remoteName: 'null' },
    { tier: 'on', variable: 'y', remoteName: 'relay', property: ['0o7'] },
    { tier: 'on', variable: 'OFF', identity: '1_0', layout: 'bundle' },
    { tier: '1', variable: 'True', identity: '0x1', layout: 'bundle', optional: true },
    { tier: '1', variable: '_1', remoteName: '1.5', optional: true },
  ],
})
const trapChart = await chartOf(traps)

describe.each(helms)('%s', (_, helm) => {
  test('reads every text as the text it is', async () => {
    const output = await run(helm, ['template', 'x', echo, '--values', listed])
    const read = output
      .split(/^---$/m)
      .slice(1)
      .map((document) => parse(document) as { kind: string; text: string })
    expect(read.filter(({ kind, text }, index) => kind !== 'string' || text !== texts[index])).toEqual([])
    expect(read).toHaveLength(texts.length)
  })

  test('renders names that look like numbers and booleans as the names they are', async () => {
    const release = ['--namespace', '1e3-secrets']
    const manifests = await manifestsOf(helm, trapChart.chart, trapChart.values('no'), ...release)
    expect(checkManifests(manifests, resolve(traps, 'no'))).toEqual([])
    expect(find(manifests, 'ExternalSecret', 'on-secrets')).toMatchObject({
      metadata: {
        namespace: '1e1',
        labels: { 'tiered-secrets/environment': 'no', 'app.kubernetes.io/part-of': '1e3' },
      },
      spec: {
        data: [{ secretKey: 'NO' }, { secretKey: 'null' }, { secretKey: 'y', remoteRef: { property: '0o7' } }],
        dataFrom: [{ rewrite: [{ regexp: { source: '^', target: 'b_1_u0__' } }] }],
        target: { template: { data: { NO: '{{ .NO }}', OFF: '{{ .b_1_u0__OFF }}', null: '{{ .null }}' } } },
      },
    })
    const [{ literal = '' } = {}] = (
      find(manifests, 'ExternalSecret', '1-optional-secrets').spec as {
        target: { template: { templateFrom: { literal: string }[] } }
      }
    ).target.template.templateFrom
    expect(literal).toContain('"True": {{ $value | toJson }}')
    expect(literal).toContain('"_1": {{ $value | toJson }}')
  })
})

test('no two identities share the prefix of their keys, and each prefix begins a field name', async () => {
  const identities = ['a-b', 'a.b', 'a_b', 'a__b', 'a-_b', '3ds', 'a', 'a_']
  const bundle = (identity: string, index: number) => ({ variable: `V${index}`, identity, layout: 'bundle' as const })
  const { chart, values } = await chartOf(applicationWith({ secrets: identities.map(bundle) }))
  await cp(chart, join(folder, 'prefixes'), { recursive: true })
  const [[, helm4]] = helms as [[string, string]]
  const { spec } = find(await manifestsOf(helm4, chart, values('dev')), 'ExternalSecret', 'api-secrets')
  const { dataFrom } = spec as { dataFrom: { rewrite: { regexp: { target: string } }[] }[] }
  const prefixes = dataFrom.map(({ rewrite }) => rewrite[0]?.regexp.target ?? '')
  expect(new Set(prefixes).size).toBe(identities.length)
  for (const prefix of prefixes) {
    expect(prefix).toMatch(/^[a-z][A-Za-z0-9_]*$/)
    expect(prefixes.filter((other) => other !== prefix && other.startsWith(prefix))).toEqual([])
  }
})
