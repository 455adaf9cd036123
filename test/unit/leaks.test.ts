import { expect, test } from 'vitest'
import { forms, leaksIn, written } from '../helpers/leaks.ts'

const secret = { name: 'password', value: 'hunter "2"/é+ and more' }
const { value } = secret

test.each([
  ['raw', `before ${value} after`],
  ['base64', Buffer.from(`${value} after`).toString('base64')],
  ['base64 after 1 byte', Buffer.from(`x${value}yz`).toString('base64')],
  ['base64 after 2 bytes', Buffer.from(`xy${value}`).toString('base64')],
  ['base64', Buffer.from(`xyz${value}`).toString('base64')],
  ['URL', `https://x/?a=${encodeURIComponent(value)}`],
  ['JSON', JSON.stringify({ a: { b: value } })],
  ['hex', Buffer.from(value).toString('hex').toUpperCase()],
])('a secret is found as %s', (form, text) => {
  expect(leaksIn([{ name: 'log', text }], [secret])).toContain(`password as ${form} in log`)
})

test('every form of a value with special characters is another text', () => {
  expect(new Set(forms.map((form) => written(value, form))).size).toBe(forms.length)
})

test('a place without it has no leak, and what is too short is not looked for', () => {
  expect(leaksIn([{ name: 'log', text: 'hunter 2' }], [secret, { name: 'short', value: 'hunter' }])).toEqual([])
})
