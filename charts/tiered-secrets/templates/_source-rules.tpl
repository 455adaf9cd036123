{{/*
What the rules on ExternalSecrets share. `dyn`, because a field that this version of the operator lacks is no error.
Arguments: none.
*/}}
{{- define "tiered-secrets.externalSecretVariables" -}}
- name: boundary
  expression: params.metadata.annotations
- name: spec
  expression: dyn(object).?spec.orValue({})
- name: data
  expression: variables.spec.?data.orValue([])
- name: dataFrom
  expression: variables.spec.?dataFrom.orValue([])
- name: sources
  expression: >-
    variables.data.filter(entry, has(entry.sourceRef)).map(entry, entry.sourceRef)
    + variables.dataFrom.filter(entry, has(entry.sourceRef)).map(entry, entry.sourceRef)
- name: stores
  expression: >-
    [variables.spec.?secretStoreRef.orValue({})]
    + variables.sources.filter(source, has(source.storeRef)).map(source, source.storeRef)
- name: folder
  expression: "'path:' + variables.boundary.remotePath + '/'"
- name: keys
  expression: >-
    variables.data.map(entry, entry.remoteRef.key)
    + variables.dataFrom.filter(entry, has(entry.extract)).map(entry, entry.extract.key)
- name: foreignKeys
  expression: >-
    variables.keys.filter(key, !key.startsWith(variables.folder) || key.size() == variables.folder.size()
    || key.lastIndexOf('/') != variables.folder.size() - 1)
- name: target
  expression: variables.spec.?target.orValue({})
- name: template
  expression: variables.target.?template.orValue({})
{{- end -}}

{{/*
Where values may come from: the tier's own store and folder.
Arguments: none.
*/}}
{{- define "tiered-secrets.sourceRules" -}}
{{- include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_STORE_KIND"
  "rule" "variables.stores.all(store, store.?kind.orValue('SecretStore') == 'SecretStore')"
  "found" `'a secretStoreRef or storeRef is to a '
    + variables.stores.filter(store, store.?kind.orValue('SecretStore') != 'SecretStore')[0].kind`
  "expected" `'SecretStore "' + variables.boundary.secretStore + '"'`
  "fix" "use the store of the tier, not one of the cluster") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_STORE"
  "rule" "variables.stores.all(store, store.?name.orValue('') == variables.boundary.secretStore)"
  "found" `'a secretStoreRef or storeRef is to "'
    + variables.stores.filter(store, store.?name.orValue('') != variables.boundary.secretStore)[0].?name.orValue('') + '"'`
  "expected" `'"' + variables.boundary.secretStore + '"'`
  "fix" "use the store of the tier") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_GENERATOR"
  "rule" "!variables.sources.exists(source, has(source.generatorRef))"
  "found" `'a sourceRef has a generatorRef'`
  "expected" `'values from Scaleway only'`
  "fix" "put the value in Scaleway, and refer to it with remoteRef") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_FIND"
  "rule" "!variables.dataFrom.exists(entry, has(entry.find))"
  "found" `'spec.dataFrom has a find'`
  "expected" `'each remote secret by its own path'`
  "fix" "name each remote secret, in data or in dataFrom with extract") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_KEY"
  "rule" "variables.foreignKeys.size() == 0"
  "found" `'the remote key "' + variables.foreignKeys[0] + '" is not one of this tier'`
  "expected" `'"' + variables.folder + '<name>", and no further folder'`
  "fix" "add the secret to this tier in scripts/catalogue.ts") }}
{{- end -}}
