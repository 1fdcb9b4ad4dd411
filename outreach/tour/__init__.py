"""The offer: programmes, companies, tour days, roads, slots, performances."""
