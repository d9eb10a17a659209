import { useMutation } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useState } from 'react'
import { api } from '../../../api.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameWrite } from '../../../app/same-by.ts'
import { Button } from '../../../ui/Button.tsx'
import { Card, Stack } from '../../../ui/Card.tsx'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { TabButtons } from '../../../ui/Tabs.tsx'
import { exampleRequest, type Deployment, type Endpoint } from '../endpoint.ts'

const languages = [
  { id: 'curl', label: 'curl' },
  { id: 'python', label: 'Python' },
  { id: 'javascript', label: 'JavaScript' },
]

/** How an application asks the endpoint: address, key, and code to start from. */
export function Consume({ endpoint, deployments }: { endpoint: Endpoint; deployments: readonly Deployment[] }) {
  const [language, setLanguage] = useState('curl')
  const { scoringUri = '', swaggerUri, authMode } = endpoint.properties
  const body = exampleRequest(deployments.find(({ properties }) => properties.signature)?.properties.signature)
  return (
    <>
      <Card title="Address">
        <KeyValueList
          items={[
            { key: 'Scoring URI', value: <CopyableId id={scoringUri} /> },
            { key: 'OpenAPI', value: swaggerUri && <CopyableId id={swaggerUri} /> },
            {
              key: 'Sign-in',
              value:
                authMode === 'AMLToken'
                  ? 'a short-lived token'
                  : authMode === 'AADToken'
                    ? 'the caller’s token'
                    : 'one of two keys',
            },
          ]}
        />
      </Card>
      <Keys endpoint={endpoint} />
      <Card
        title="Code to start from"
        actions={<TabButtons label="Language" tabs={languages} active={language} onChange={setLanguage} />}
      >
        <CodeBlock code={codeFor(language, scoringUri, body)} label={`Call by ${language}`} />
      </Card>
      <SameByCard {...sameWrite(`fulcrum endpoint keys ${endpoint.name}`, 'POST', `${endpoint.id}/listKeys`)} />
    </>
  )
}

/** Keys are shown when asked for, never before: reading them is an action of its own in the audit log. */
function Keys({ endpoint }: { endpoint: Endpoint }) {
  const isKey = (endpoint.properties.authMode ?? 'Key') === 'Key'
  const show = useMutation({
    mutationFn: () =>
      isKey
        ? api.post<Readonly<Record<string, string>>>(`${endpoint.id}/listKeys`)
        : api.post<Readonly<Record<string, string>>>(`${endpoint.id}/token`),
  })
  const shown = Object.entries(show.data ?? {}).filter(([name]) => /key|accessToken/i.test(name))
  return (
    <Card title={isKey ? 'Keys' : 'Token'}>
      <Stack gap={3}>
        {shown.length > 0 && (
          <KeyValueList items={shown.map(([key, value]) => ({ key, value: <CopyableId id={String(value)} /> }))} />
        )}
        {show.error && <Failure error={show.error} />}
        <Stack row gap={2}>
          <Button icon={<KeyRound />} isBusy={show.isPending} onClick={() => show.mutate()}>
            {isKey ? 'Show keys' : 'Issue a token'}
          </Button>
        </Stack>
      </Stack>
    </Card>
  )
}

function codeFor(language: string, uri: string, body: unknown): string {
  const json = JSON.stringify(body)
  const pretty = JSON.stringify(body, undefined, 4)
  switch (language) {
    case 'python':
      return `import os
import requests

response = requests.post(
    "${uri}",
    headers={"Authorization": f"Bearer {os.environ['ENDPOINT_KEY']}"},
    json=${pythonLiteral(pretty)},
    timeout=10,
)
response.raise_for_status()
print(response.json())`
    case 'javascript':
      return `const response = await fetch('${uri}', {
  method: 'POST',
  headers: { authorization: \`Bearer \${process.env.ENDPOINT_KEY}\`, 'content-type': 'application/json' },
  body: JSON.stringify(${pretty}),
})
if (!response.ok) throw new Error(await response.text())
console.log(await response.json())`
    default:
      return `curl -X POST "${uri}" \\
  -H "Authorization: Bearer $ENDPOINT_KEY" -H "content-type: application/json" \\
  -d '${json.replaceAll("'", String.raw`'\''`)}'`
  }
}

/** JSON as Python reads it; words inside texts stay as they are. */
function pythonLiteral(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|\b(?:true|false|null)\b/g, (token) =>
    token === 'true' ? 'True' : token === 'false' ? 'False' : token === 'null' ? 'None' : token,
  )
}
