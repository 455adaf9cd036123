{{/*
What JSON Schema can't say. Every `fail` of the chart is here; all problems are told at once.
Each begins with the path of the value, so that one can search the values file for it.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.validate" -}}
{{- $problems := list -}}
{{- $namespaces := dict -}}
{{- $credentials := dict -}}
{{- $projects := dict -}}
{{- $paths := dict -}}
{{- if .Values.tiers -}}
  {{- range $name := list "application" "environment" -}}
    {{- if not (index $.Values $name) -}}
      {{- $problems = append $problems (printf "%s: is empty. Expected the name of the %s, since there are tiers." $name $name) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- range $tier, $spec := .Values.tiers -}}
  {{- $at := printf "tiers.%s" $tier -}}
  {{- with get $namespaces $spec.namespace -}}
    {{- $problems = append $problems (printf "%s.namespace: %q is also the namespace of tier %s. Expected a namespace for each tier." $at $spec.namespace .) -}}
  {{- end -}}
  {{- with get $credentials $spec.credentialsSecret -}}
    {{- $problems = append $problems (printf "%s.credentialsSecret: %q is also the credential of tier %s. Expected a credential for each tier." $at $spec.credentialsSecret .) -}}
  {{- end -}}
  {{- with get $projects $spec.projectId -}}
    {{- if eq $.Values.isolation "project" -}}
      {{- $problems = append $problems (printf "%s.projectId: %q is also the project of tier %s. Expected a project for each tier, since isolation is \"project\"." $at $spec.projectId .) -}}
    {{- end -}}
  {{- end -}}
  {{- range $path, $other := $paths -}}
    {{- if or (hasPrefix (printf "%s/" $path) (printf "%s/" $spec.remotePath)) (hasPrefix (printf "%s/" $spec.remotePath) (printf "%s/" $path)) -}}
      {{- $problems = append $problems (printf "%s.remotePath: %q overlaps with %q of tier %s. Expected folders apart from each other." $at $spec.remotePath $path $other) -}}
    {{- end -}}
  {{- end -}}
  {{- $_ := set $namespaces $spec.namespace $tier -}}
  {{- $_ := set $credentials $spec.credentialsSecret $tier -}}
  {{- $_ := set $projects $spec.projectId $tier -}}
  {{- $_ := set $paths $spec.remotePath $tier -}}
  {{- if contains "/" $spec.secretStore -}}
    {{- $problems = append $problems (printf "%s.secretStore: %q names another namespace. Expected the bare name of a SecretStore: a tier's store is in the tier's own namespace." $at $spec.secretStore) -}}
  {{- end -}}
  {{- $prefix := printf "path:%s/" $spec.remotePath -}}
  {{- $inside := printf "^%s[^/]+$" (regexQuoteMeta $prefix) -}}
  {{- $allInside := printf "^\\[(\"%s[^/\"]+\",?)*\\]$" (regexQuoteMeta $prefix) -}}
  {{- range $need := list "required" "optional" -}}
    {{- with index $spec $need -}}
      {{- $data := .data | default dict -}}
      {{- $fields := .fields | default dict -}}
      {{- $bundled := dict -}}
      {{- $outside := dict -}}
      {{- /* All refs as one text first: to compile a pattern for each takes longer than to render the chart. */ -}}
      {{- if not (regexMatch $allInside (toJson (values $data))) -}}
        {{- range $variable, $ref := $data -}}
          {{- if not (regexMatch $inside $ref) -}}
            {{- $_ := set $outside (printf "data.%s" $variable) $ref -}}
          {{- end -}}
        {{- end -}}
      {{- end -}}
      {{- range $variable, $field := $fields -}}
        {{- if not (regexMatch $inside $field.remoteRef) -}}
          {{- $_ := set $outside (printf "fields.%s.remoteRef" $variable) $field.remoteRef -}}
        {{- end -}}
        {{- if hasKey $data $variable -}}
          {{- $problems = append $problems (printf "%s.%s.fields.%s: is also in data. Expected each variable once." $at $need $variable) -}}
        {{- end -}}
      {{- end -}}
      {{- range $identity, $bundle := .bundles -}}
        {{- if not (regexMatch $inside $bundle.remoteRef) -}}
          {{- $_ := set $outside (printf "bundles.%s.remoteRef" $identity) $bundle.remoteRef -}}
        {{- end -}}
        {{- range $bundle.keys -}}
          {{- if or (hasKey $data .) (hasKey $fields .) (hasKey $bundled .) -}}
            {{- $problems = append $problems (printf "%s.%s.bundles.%s.keys: %s is also filled by another entry. Expected each variable once." $at $need $identity .) -}}
          {{- end -}}
          {{- $_ := set $bundled . $identity -}}
        {{- end -}}
      {{- end -}}
      {{- range $place, $ref := $outside -}}
        {{- $problems = append $problems (printf "%s.%s.%s: %q is outside this tier. Expected a remote ref directly under %q." $at $need $place $ref $prefix) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if $problems -}}
  {{- fail (printf "\n\n%s\n\nfix: correct scripts/catalogue.ts or scripts/environments.ts and run `npm run gen-values`.\n" (join "\n" $problems)) -}}
{{- end -}}
{{- end -}}
