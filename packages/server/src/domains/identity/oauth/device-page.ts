import { createHash } from 'node:crypto'
import type { ApiReply } from '../../../kernel/http/index.ts'

const script = `
const form = document.querySelector('form')
const input = document.querySelector('input')
const say = (text) => { document.querySelector('[role=status]').textContent = text }
const headers = { 'content-type': 'application/json', 'x-fulcrum-csrf': '1' }
const ask = async (method, body) => {
  const answer = await fetch('/auth/device/' + encodeURIComponent(input.value.trim()), { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
  const data = await answer.json()
  if (answer.status === 401) throw new Error('Sign in to the studio in this browser first, then load this page again.')
  if (!answer.ok) throw new Error(data.error.message)
  return data
}
input.value = new URLSearchParams(location.search).get('code') ?? ''
form.addEventListener('submit', async (event) => {
  event.preventDefault()
  try {
    const asked = await ask('GET')
    document.querySelector('#asked').textContent = 'The program ' + asked.clientId + ' wants to act as you at ' + asked.audience + '. Approve only if you started it yourself.'
    document.querySelector('#decide').hidden = false
    say('')
  } catch (error) { say(error.message) }
})
for (const button of document.querySelectorAll('#decide button')) button.addEventListener('click', async () => {
  try {
    const { state } = await ask('POST', { approve: button.value === 'yes' })
    document.querySelector('#decide').hidden = true
    form.hidden = true
    say(state === 'approved' ? 'Approved. The program continues by itself; you can close this page.' : 'Refused.')
  } catch (error) { say(error.message) }
})
`

const style = `
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem }
input { font: 1.5rem ui-monospace, monospace; text-transform: uppercase; width: 12rem; padding: .3rem .6rem }
button { font: inherit; padding: .45rem 1rem }
`

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Approve a device · Fulcrum</title>
<style>${style}</style>
<h1>Approve a device</h1>
<form>
<p><label for="code">The code that the program shows</label></p>
<p><input id="code" autocomplete="off" autofocus required> <button>Continue</button></p>
</form>
<section id="decide" hidden>
<p id="asked"></p>
<p><button value="yes">Approve</button> <button value="no">Refuse</button></p>
</section>
<p role="status"></p>
<script>${script}</script>
</html>
`

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** The page for device codes. It only runs its own script; what it does, it does with the session of the browser. */
export function devicePage(): ApiReply {
  return {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
    raw: page,
  }
}
