// Runs in the browser of whoever looks at a machine's page, and only spares them from looking again: a proven
// visitor is taken to be there, and a page on which something goes on follows it. Without it all works by
// buttons.
;(() => {
  const main = document.querySelector('main')
  const here = document.getElementById('here')
  if (here && !main.dataset.fault) {
    here.requestSubmit()
    return
  }
  if (!main.dataset.live) return
  const look = async () => {
    try {
      const answer = await fetch(location.href, { credentials: 'same-origin' })
      const newer = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('main')
      const isTyping = document.activeElement?.tagName === 'INPUT' && document.activeElement.value !== ''
      if (newer && newer.innerHTML !== main.innerHTML && !isTyping) location.reload()
    } catch {
      // Off line for a moment: looked at again soon.
    }
  }
  new EventSource(`${location.pathname}/events`).onmessage = look
  setInterval(look, 5000)
})()
