import type { Found, Names } from './modules.ts'
import { bare, literalText, type Node, propertyName } from './syntax.ts'

/** A variable that a schema of the environment names. */
export interface SchemaField {
  readonly name: string
  /** Undefined where the schema does not tell. */
  readonly required?: boolean
  readonly found: Found
}

/**
 * The variables that a schema names, whatever library it is written with: zod, valibot, yup, Joi, envalid, t3-env, or a
 * class of class-validator. Followed through constants and other files, `extend`, `pick`, `omit` and `partial`.
 */
export function schemaFields(names: Names, found: Found): SchemaField[] {
  return fieldsOf(names, found, false, 0)
}

// --- internal ---

/** Methods whose arguments are further fields. */
const joins = /^(?:extend|safeExtend|augment|merge|and|concat|append|keys|shape|setKey|intersection)$/
/** Functions whose argument is an object of fields, so that each of its keys counts. */
const makesObject = /^(?:object|strictObject|looseObject|interface|type|createEnv|cleanEnv)$/
const makesOptional = /^(?:optional|default|nullish|catch|prefault|fallback|withDefault|exactOptional)$/
/** Names by which environments are usually set: what has to look so where nothing else says that a key is one. */
const variableName = /^[A-Z][A-Z0-9_]*$/

function fieldsOf(names: Names, from: Found, allKeys: boolean, depth: number): SchemaField[] {
  if (depth > 12) return []
  const { file, node } = names.valueOf(from)
  const at = (other: Node, all = false) => fieldsOf(names, { file, node: other }, all, depth + 1)
  switch (node.type) {
    case 'ObjectExpression':
      return node.properties.flatMap((property) => {
        // `...base.shape`
        if (property.type === 'SpreadElement') return at(property.argument, allKeys)
        const written = propertyName(property.key, property.computed)
        if (written === undefined) return []
        // ArkType marks what may be missing at the key.
        const name = written.replace(/\?$/, '')
        if (allKeys ? /^[A-Za-z_]\w*$/.test(name) : variableName.test(name)) {
          const required = written === name ? isRequired(names, { file, node: property.value }) : false
          return [{ name, found: { file, node: property.key }, ...(required === undefined ? {} : { required }) }]
        }
        return at(property.value)
      })
    case 'MemberExpression':
      return at(node.object, allKeys)
    case 'CallExpression': {
      const { callee } = node
      const method =
        callee.type === 'MemberExpression'
          ? propertyName(callee.property, callee.computed)
          : callee.type === 'Identifier'
            ? callee.name
            : undefined
      const receiver = callee.type === 'MemberExpression' ? at(callee.object, allKeys) : []
      const own = node.arguments.flatMap((argument) => (argument.type === 'SpreadElement' ? [] : [argument]))
      if (method === undefined) return receiver
      if (method === 'pick' || method === 'omit') {
        const chosen = own.flatMap((argument) => chosenKeys(names, { file, node: argument }))
        const all = [...receiver, ...own.flatMap((argument) => (chosen.length > 0 ? at(argument, true) : []))]
        return all.filter(({ name, found }) => !isWithin(found, own) && chosen.includes(name) === (method === 'pick'))
      }
      if (method === 'partial') return receiver.map((field) => ({ ...field, required: false }))
      if (makesObject.test(method)) return [...receiver, ...own.flatMap((argument) => at(argument, true))]
      if (joins.test(method)) return [...receiver, ...own.flatMap((argument) => at(argument, true))]
      // `valibot.pipe(schema, …)`, `registerAs(…)`: what else it is given may hold fields that look like variables.
      return receiver.length > 0 ? receiver : own.flatMap((argument) => at(argument))
    }
    case 'ClassDeclaration':
    case 'ClassExpression':
      return node.body.body.flatMap((member) => {
        if (member.type !== 'PropertyDefinition') return []
        const name = propertyName(member.key, member.computed)
        if (name === undefined || !variableName.test(name)) return []
        const decorators = member.decorators.map(({ expression }) => calledName(bare(expression)))
        const required = !(member.optional || member.value !== null || decorators.includes('IsOptional'))
        return [{ name, required, found: { file, node: member.key } }]
      })
    default:
      return []
  }
}

function calledName(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name
  if (node.type === 'CallExpression') return calledName(bare(node.callee))
  return node.type === 'MemberExpression' ? propertyName(node.property, node.computed) : undefined
}

/** `{ A: true }`, and `['A']` of valibot's and lodash's `pick`. */
function chosenKeys(names: Names, found: Found): string[] {
  const { node } = names.valueOf(found)
  if (node.type === 'ArrayExpression') {
    return node.elements.flatMap((element) => (element ? (literalText(element) ?? []) : []))
  }
  if (node.type !== 'ObjectExpression') return []
  return node.properties.flatMap((property) => {
    const isFlag = property.type === 'Property' && property.value.type === 'Literal' && property.value.value === true
    return isFlag ? (propertyName(property.key, property.computed) ?? []) : []
  })
}

function isWithin({ node }: Found, roots: readonly Node[]): boolean {
  return roots.some(({ type, start, end }) => type === 'ObjectExpression' && start <= node.start && node.end <= end)
}

/** Whether a value that is missing is a mistake, as far as the field itself tells. */
function isRequired(names: Names, found: Found): boolean | undefined {
  const { file, node } = names.valueOf(found)
  if (node.type !== 'CallExpression') return undefined
  const calls: string[] = []
  let root: Node = node
  let hasDefault = false
  while (root.type === 'CallExpression' || root.type === 'MemberExpression') {
    if (root.type === 'CallExpression') {
      // envalid's `str({ default: '…' })`
      hasDefault ||= root.arguments.some(
        (argument) =>
          argument.type === 'ObjectExpression' &&
          argument.properties.some(
            (property) => property.type === 'Property' && propertyName(property.key, property.computed) === 'default',
          ),
      )
      root = bare(root.callee)
    } else {
      calls.push(propertyName(root.property, root.computed) ?? '')
      root = bare(root.object)
    }
  }
  const start = root.type === 'Identifier' ? root.name : ''
  if (hasDefault || [...calls, start].some((name) => makesOptional.test(name))) return false
  // Of Joi and yup, a value may be missing unless said otherwise.
  if (/^(?:Joi|yup)$/i.test(start) || fromJoi(names, { file, node: root })) return calls.includes('required')
  // A list of choices, or something this does not know: `z.string()` and the like are required.
  return true
}

function fromJoi(names: Names, found: Found): boolean {
  const binding = names.bindingOf(found)
  return binding?.kind === 'import' && /^(?:joi|@hapi\/joi|yup)$/.test(binding.from)
}
