async ([library, texts]) => {
  const address = URL.createObjectURL(new Blob([library], { type: "text/javascript" }));
  const ICAL = (await import(address)).default;
  const said = (component, name) => component.getFirstPropertyValue(name) ?? "";
  return texts.map((text) => {
    const calendar = new ICAL.Component(ICAL.parse(text));
    const events = calendar.getAllSubcomponents("vevent").map((component) => {
      const event = new ICAL.Event(component);
      return {
        uid: event.uid,
        sequence: event.sequence ?? 0,
        status: said(component, "status"),
        dtstamp: said(component, "dtstamp").toUnixTime(),
        starts: event.startDate.toUnixTime(),
        ends: event.endDate.toUnixTime(),
        summary: event.summary ?? "",
        location: event.location ?? "",
        description: event.description ?? "",
        organizer: event.organizer ?? "",
        attendees: event.attendees.map((person) => [
          person.getFirstValue(),
          person.getParameter("cn"),
          person.getParameter("partstat"),
        ]),
      };
    });
    return { method: said(calendar, "method"), problems: [], events };
  });
}
