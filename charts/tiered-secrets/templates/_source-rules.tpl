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
  "found" `'the remote key "' + variables.foreignKeys[0].key + '" is not one of this tier'`
  "expected" `'"' + variables.folder + '<name>", and no further folder; letters, digits, dots, underscores and hyphens, not dots only'`
  "fix" "add the secret to this tier in scripts/catalogue.ts") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_PROPERTY"
  "rule" "variables.foreignProperties.size() == 0"
  "found" `'the property "' + variables.foreignProperties[0].property + '" is more than the path of a field'`
  "expected" `'names of fields with dots between them, and a backslash before every other sign'`
  "fix" "name the field of the JSON value in scripts/catalogue.ts") }}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_VERSION"
  "rule" `variables.remoteRefs.all(ref, ref.?version.orValue('') == '' && ref.?metadataPolicy.orValue('None') == 'None')`
  "found" `'a remoteRef or extract has a version, or a metadataPolicy other than None'`
  "expected" `'the newest enabled version, and its value alone'`
  "fix" "remove both") }}
{{- /* A target such as `$0$0`, repeated, doubles a key each time. */}}
{{ include "tiered-secrets.admissionRule" (dict "code" "EXTERNAL_SECRET_REWRITE"
  "rule" `variables.dataFrom.all(entry, entry.?rewrite.orValue([]).size() <= 1 && entry.?rewrite.orValue([]).all(one,
    one.size() == 1 && has(one.regexp) && one.regexp.source == '^' && one.regexp.target.matches('^[A-Za-z0-9._-]+$')))`
  "found" `'spec.dataFrom has a rewrite other than one prefix'`
  "expected" `'at most one regexp, with the source "^" and a target of letters, digits, dots, underscores and hyphens'`
  "fix" "leave the names of the keys to the chart") }}
{{- end -}}
