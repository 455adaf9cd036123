import type { RemoteSecretModel } from './resolve.ts'

/** Versions a remote secret may have that are not deleted. Source: Secret Manager, capabilities and limits. */
export const maxVersions = 20

/** What a version of a remote secret may hold, in bytes. Source: Secret Manager, "create a secret". */
export const maxPayloadBytes = 64 * 1024

/** `/trackdechets-backend/database-url` */
export function placeOf({ path, name }: Pick<RemoteSecretModel, 'path' | 'name'>): string {
  return `${path}/${name}`
}

/** JSON fields can be read out of every type that is JSON; Scaleway checks what is written. */
export function typeFits({ shape, specs }: RemoteSecretModel, type: string): boolean {
  if (type === 'opaque') return true
  if (shape === 'bundle') return type === 'key_value'
  if (shape === 'json') return type !== 'certificate'
  return type === 'certificate' && specs.every(({ format }) => format === 'pem-certificate')
}
