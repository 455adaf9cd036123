import { credentialKeys } from '../../model/names.ts'
import { placeOf } from '../manifests.ts'
import { differences, type PolicyRule, problem, tierObjects } from './policy-rule.ts'

/** A key sealed for another tier would be refused by the controller; one sealed by somebody else would be their key. */
export const sealedCredentialsAreTheirTiers: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'SealedSecret').flatMap(({ manifest, tier }) => {
    const { accessKey, secretKey } = tier.sealedCredentials ?? {}
    const expected = {
      encryptedData: { [credentialKeys.accessKey]: accessKey, [credentialKeys.secretKey]: secretKey },
    }
    const { encryptedData } = manifest.spec ?? {}
    return differences({ encryptedData }, expected, 'spec').map((place) =>
      problem(
        'SEALED_CREDENTIALS_DIFFER',
        placeOf(manifest),
        `${place} differs from the environment. Expected the tier's own sealed key.`,
      ),
    )
  })

/** A store of another project, region, credential or server would deliver foreign values or leak the key. */
export const storesAreTheirTiers: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'SecretStore').flatMap(({ manifest, tier }) => {
    const secretRef = (key: string) => ({ secretRef: { name: tier.credentialsSecret, key } })
    const { controllerClass } = model.operator
    const expected = {
      ...(controllerClass === undefined ? {} : { controller: controllerClass }),
      provider: {
        scaleway: {
          region: model.region,
          projectId: tier.projectId,
          accessKey: secretRef(credentialKeys.accessKey),
          secretKey: secretRef(credentialKeys.secretKey),
        },
      },
    }
    return differences(manifest.spec, expected, 'spec').map((place) =>
      problem(
        'STORE_DIFFERS',
        placeOf(manifest),
        `${place} differs from the catalogue. Expected the tier's own project, region and credential, by secretRef, and no apiUrl.`,
      ),
    )
  })
