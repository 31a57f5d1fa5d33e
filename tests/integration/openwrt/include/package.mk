PKG_BUILD_DIR ?= $(BUILD_DIR)/$(PKG_NAME)-$(BUILD_VARIANT)/$(PKG_NAME)-$(PKG_VERSION)

define Build/Prepare/Default
	mkdir -p $(PKG_BUILD_DIR)
	tar -xzf $(DL_DIR)/$(PKG_SOURCE) -C $(PKG_BUILD_DIR) --strip-components=1
endef

define Download
$(eval $(Download/$(1)))
show: show-$(1)
show-$(1):
	@echo 'Download/$(1) FILE=$(FILE) URL=$(URL) HASH=$(HASH)'
endef

# Forgotten between packages, as OpenWrt does.
FIELDS := SECTION CATEGORY SUBMENU TITLE USERID PROVIDES VARIANT DEFAULT_VARIANT CONFLICTS DEPENDS
define BuildPackage
$(foreach f,$(FIELDS),$(eval $(f) :=))
$(eval $(Package/$(1)))
$(foreach f,$(FIELDS),$(eval $(1)_$(f) := $($(f))))
show: show-$(1)
show-$(1):
	@$(foreach f,$(FIELDS),echo '$(1) $(f)=$($(1)_$(f))';)
	@$(foreach f,$(Package/$(1)/conffiles),echo '$(1) conffile=$(f)';)
	@echo '$(1) description=$(strip $(subst ','\'',$(Package/$(1)/description)))'
install-$(1):
	$$(call Package/$(1)/install,$$(DESTINATION))
endef

.PHONY: show prepare compile flags
flags:
	@echo "$(subst ",',$(TINY_MAKE)) "
show:
	@$(foreach v,NAME VERSION RELEASE SOURCE SOURCE_URL HASH LICENSE LICENSE_FILES MAINTAINER,echo 'PKG_$(v)=$(PKG_$(v))';)
prepare:
	$(Build/Prepare)
compile:
	$(Build/Compile)
