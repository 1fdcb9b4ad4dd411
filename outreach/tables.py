"""Every table of the house in one import, for migrations and tests."""

import outreach.asking.chasing.chases
import outreach.asking.chasing.raising
import outreach.asking.chasing.settings
import outreach.asking.invitations
import outreach.asking.notes
import outreach.asking.open_door
import outreach.asking.owners
import outreach.asking.rounds
import outreach.booking.bookings
import outreach.booking.desk.handovers
import outreach.booking.holds
import outreach.booking.proposals
import outreach.county.contacts
import outreach.county.partnerships
import outreach.county.people
import outreach.county.register.decisions
import outreach.county.schools
import outreach.coverage.board.publishing
import outreach.coverage.gaplist.kept
import outreach.ground.history
import outreach.post.feeds.addresses
import outreach.post.feeds.tokens
import outreach.post.incoming.inbox
import outreach.post.links
import outreach.post.outbox
import outreach.post.outgoing.duty
import outreach.post.outgoing.pauses
import outreach.tour.companies
import outreach.tour.days
import outreach.tour.performances
import outreach.tour.programmes
import outreach.tour.targets
import outreach.visits.board_dates
import outreach.visits.reports  # noqa: F401
