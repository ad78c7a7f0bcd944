// The service worker: shows what is pushed, and opens what it is about. A push that comes again replaces the first.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const push = event.data ? event.data.json() : { id: "", title: "Wholexale", data: {} };
  event.waitUntil(
    self.registration.showNotification(push.title, {
      body: push.body || "",
      tag: push.id,
      lang: push.language,
      data: push.data || {},
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = event.notification.data.link;
  if (link) event.waitUntil(self.clients.openWindow(link));
});
