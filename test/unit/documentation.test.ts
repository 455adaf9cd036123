import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { pagePaths } from '../../scripts/generate/pages.ts'
import { checkApplication } from '../../scripts/model/rules/index.ts'
import { applicationWith, environment } from '../helpers/applications.ts'

const pages = ['README.md', 'charts/tiered-secrets/README.md', ...readdirSync('docs').map((name) => `docs/${name}`)]
const textOf = (path: string) => readFileSync(path, 'utf8')
const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`\n]*`/g, '')

/** Anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(text: string): string[] {
  return [...text.replace(/```[\s\S]*?```/g, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('every link of %s leads to a file of the repository, and to a heading that is there', (page) => {
  const targets = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  for (const target of targets.filter((one) => !/^[a-z]+:/.test(one))) {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    expect([target, existsSync(file)]).toEqual([target, true])
    if (anchor !== undefined) expect([target, anchorsOf(textOf(file)).includes(anchor)]).toEqual([target, true])
  }
})

test('every page is linked from the README, which a newcomer can read in one go', () => {
  const readme = textOf('README.md')
  for (const page of pages.slice(1)) expect(readme).toContain(`](${page})`)
  expect(readme.split('\n').length).toBeLessThanOrEqual(200)
})

test('what the catalogue’s page writes of networks is a valid application', () => {
  const section = textOf('docs/catalogue.md').split('## Who connects to whom')[1]?.split('\n## ')[0] ?? ''
  const [api, server, egress, environmentFields] = [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) =>
    runInNewContext(`({ ${text} })`),
  )
  const description = 'As on the page'
  const ui = { kind: 'Deployment' } as const
  const tiers = {
    frontend: { description, workloads: { ui } },
    web: { description, workloads: { ui }, ...egress },
    backend: { description, workloads: api },
    api: { description, workloads: server },
  }
  const application = applicationWith({ tiers, environments: { dev: environment(environmentFields) } })
  expect(checkApplication(application)).toEqual([])
})

test('every page with a generated table is there', () => {
  for (const page of pagePaths) expect(pages).toContain(page)
})

/** Files that a line of the documentation makes, or reads as one with a secret in it. */
const secretFiles =
  /(?:--from (?!k8s|\S+=)|=@(?=[\w-]+\.)|--state |--passphrase-file |(?:cat|scw) > |credentials\b.* < )([\w./-]+)/g

test('what the documentation makes people write is kept out of git, and what they commit is not', () => {
  const commands = [
    ...pages.map(textOf),
    ...readdirSync('scripts', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.startsWith('inspect/doctor/') && path.endsWith('.ts'))
      .map((path) => textOf(`scripts/${path}`)),
  ]
  const files = new Set(commands.flatMap((text) => [...text.matchAll(secretFiles)].map(([, file = '']) => file)))
  expect([...files]).toEqual(expect.arrayContaining(['recette.env', 'tls.key', 'key.json', 'iam.sh', 'ci.kubeconfig']))
  const patterns = textOf('.gitignore')
    .split('\n')
    .filter((line) => /^[*.\w]/.test(line))
  const isIgnored = (file: string) =>
    patterns.some((line) =>
      new RegExp(`^${line.replaceAll('.', '\\.').replaceAll('*', '[^/]*').replace(/\/$/, '/.*')}$`).test(file),
    )
  expect([...files].filter((file) => !isIgnored(file))).toEqual([])
  for (const file of ['values/recette.yaml', 'operator-values.yaml', 'cert.pem']) expect(isIgnored(file)).toBe(false)
})
