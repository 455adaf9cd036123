import { expect, test } from 'vitest'
import { withExactLines } from '../../../../scripts/inspect/audit/exact-lines.ts'
import { at } from '../../../../scripts/inspect/audit/finding.ts'

const text = `# The settings
apiVersion: v1
kind: ConfigMap
metadata: { name: a }
data:
  tls.crt: |
    x
---
apiVersion: v1
kind: List
items:
  - apiVersion: apps/v1
    kind: Deployment
    spec:
      containers:
        - name: main
          env:
            - name: TOKEN
              value: x
`

async function lineOf(line: number, key: string, file = 'k8s.yaml') {
  const finding = at({ file, line }, 'x', 'SECRET_LITERAL', { key, fact: '', expected: '', fix: '' })
  const [exact] = await withExactLines([finding], async (name) => (name === 'k8s.yaml' ? text : undefined))
  return exact?.line
}

test('a path in an object, with a name that has dots', async () => {
  expect(await lineOf(2, 'data.tls.crt')).toBe(6)
  expect(await lineOf(12, 'spec.containers[0].env[0].value')).toBe(19)
})

test('a variable, found by its name in the item of a list', async () => {
  expect(await lineOf(12, 'main env TOKEN')).toBe(18)
})

test('what the file does not have stays where the object begins', async () => {
  expect(await lineOf(2, 'data.other')).toBe(2)
  expect(await lineOf(2, 'TOKEN')).toBe(2)
  expect(await lineOf(5, 'TOKEN', 'cluster')).toBe(5)
  expect(await lineOf(5, 'TOKEN', 'none.yaml')).toBe(5)
})
