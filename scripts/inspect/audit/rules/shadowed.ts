import { type KeyRead, keyReads } from '../../../cluster/key-reads.ts'
import { about, type Finding } from '../finding.ts'
import type { FoundPods } from '../world/found-pods.ts'
import type { FoundNamespace, World } from '../world/world.ts'

/** Secrets that do not arrive as they are: something takes their place, or they are never refreshed. */
export function shadowed(world: World): Finding[] {
  return world.namespaces.flatMap((namespace) =>
    namespace.pods.flatMap((pods) => [...replaced(namespace, pods), ...frozen(namespace, pods), ...twice(pods)]),
  )
}

// --- internal ---

function replaced({ known }: FoundNamespace, { object, template }: FoundPods): Finding[] {
  return keyReads(template.outline, known).flatMap((read) => {
    if (read.shadowedBy === undefined) return []
    return about(object, 'SECRET_SHADOWED', {
      key: `${read.container} ${read.name}`,
      fact: `container ${read.container} gets ${read.shadowedBy} as ${read.name}, and not ${read.key} of Secret ${read.secret}`,
      expected: `${read.key} of Secret ${read.secret}`,
      fix: `Take the other source of ${read.name} out of the pod template, or the key out of what it takes whole.`,
    })
  })
}

function frozen({ known }: FoundNamespace, { object, template: { outline } }: FoundPods): Finding[] {
  const files = keyReads(outline, known).filter(
    ({ by, role, isFixedAtStart }: KeyRead) => by === 'file' && isFixedAtStart && role !== 'init',
  )
  return files.map(({ container, name, key, secret }) =>
    about(object, 'VALUE_FROZEN', {
      key: `${container} ${name}`,
      fact: `container ${container} mounts ${key} of Secret ${secret} at ${name} by subPath, which is bound when it starts and never refreshed`,
      expected: 'the folder of the volume, whose files follow the Secret',
      fix: 'Mount the volume without subPath in a folder of its own, or restart the workload after each change.',
    }),
  )
}

function twice({ object, template: { outline } }: FoundPods): Finding[] {
  return outline.containers.flatMap(({ name: container, env }) => {
    const names = env.map(({ name }) => name)
    const again = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
    return again.map((name) =>
      about(object, 'VARIABLE_TWICE', {
        key: `${container} ${name}`,
        fact: `env of container ${container} has ${name} ${names.filter((one) => one === name).length} times, of which the last counts`,
        expected: 'each variable once',
        fix: `Keep one of them; \`kubectl apply\` may also drop or reorder them.`,
      }),
    )
  })
}
